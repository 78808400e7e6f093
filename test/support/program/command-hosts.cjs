// The command hosts of a jest worker. To load the program takes four fifths of the CPU time of a short command, so a
// command whose process is not what a test is about runs in a host that has the program loaded.
const { fork } = require('node:child_process');

const file = require.resolve('./command-host.ts');

/** Hosts with nothing to do, by what only the start of a Node takes from the environment. */
const idle = new Map();
const busy = new Set();
/** What a host said that ended after its command: the next command fails with it. */
let lateFailure;

/** Runs one command line to its end; two at the same time run in two hosts. */
function runHosted({ args, env, cwd }) {
  if (lateFailure !== undefined) {
    const failure = lateFailure;
    lateFailure = undefined;
    throw new Error(`a command broke after its end: ${failure}`);
  }
  const forNode = Object.entries(env).filter(([name]) => /^(?:NODE_|LANG$|LC_)/u.test(name));
  const key = JSON.stringify(forNode);
  const host = idle.get(key)?.pop() ?? startHost(key, Object.fromEntries(forNode));
  return host.run({ args, env, cwd });
}

function startHost(key, env) {
  const child = fork(file, { env, silent: true });
  const host = { child, run };
  let stderr = '';
  let settle;
  child.stdout.resume();
  child.stderr.setEncoding('utf8').on('data', (text) => (stderr += text));
  child.on('message', (end) => finish(end));
  child.on('close', (code) => {
    if (settle !== undefined) finish({ code, stdout: '', stderr });
    else if (!child.isStopped) lateFailure = stderr;
    idle.set(
      key,
      (idle.get(key) ?? []).filter((one) => one !== host),
    );
  });

  async function run(command) {
    busy.add(host);
    hold(child, 'ref');
    child.send(command);
    const { leftOpen = [], ...end } = await new Promise((resolve) => (settle = resolve));
    if (leftOpen.length === 0) return end;
    stopHost(child);
    throw new Error(`\`${command.args.join(' ')}\` would not end: it left ${leftOpen.join(', ')} open`);
  }

  function finish(end) {
    busy.delete(host);
    hold(child, 'unref');
    if (child.connected) idle.set(key, [...(idle.get(key) ?? []), host]);
    const settled = settle;
    settle = undefined;
    settled?.(end);
  }

  return host;
}

/** A host with nothing to do does not keep its worker from ending; it ends with it. */
function hold(child, how) {
  for (const one of [child, child.channel, child.stdout, child.stderr]) one?.[how]?.();
}

function stopHost(child) {
  child.isStopped = true;
  child.kill('SIGKILL');
}

/** Ends what a failed test left running. */
async function stopBusyHosts() {
  const closed = [...busy].map(({ child }) => new Promise((resolve) => child.once('close', resolve)));
  for (const { child } of busy) stopHost(child);
  await Promise.all(closed);
}

const commandHosts = { runHosted, stopBusyHosts };
module.exports = commandHosts;
