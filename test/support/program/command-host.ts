// A process that executes one command line after another, as processes of their own would: each with its own
// arguments, environment, folder, output and exit code. See command-hosts.cjs.
import module from 'node:module';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

interface CommandLine {
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string;
}

module.enableCompileCache(
  path.join(import.meta.dirname, '..', '..', '..', 'node_modules', '.cache', 'sfmc-tracking'),
);
const { main } = await import('../../../src/cli/main.ts');
const { terminalOf } = await import('../../../src/cli/terminal/terminal.ts');

/** A process of its own would not end by itself with something open; longer than any closing takes. */
const closingMsMax = 60_000;

const texts = { stdout: '', stderr: '' };
for (const name of ['stdout', 'stderr'] as const) {
  process[name].write = (piece: string | Uint8Array) => {
    texts[name] += typeof piece === 'string' ? piece : Buffer.from(piece).toString('utf8');
    return true;
  };
}

process.on('disconnect', () => process.exit());
process.on('message', (command: CommandLine) => {
  void executeAlone(command).then((end) => process.send?.(end));
});

async function executeAlone(command: CommandLine) {
  const before = process.getActiveResourcesInfo();
  const code = await execute(command);
  const end = { code, ...texts, leftOpen: openBesides(before) };
  for (let waitedMs = 0; end.leftOpen.length > 0 && waitedMs < closingMsMax; waitedMs += 5) {
    await sleep(5, undefined, { ref: false });
    end.leftOpen = openBesides(before);
  }
  return { ...end, ...texts };
}

function execute({ args, env, cwd }: CommandLine) {
  Object.assign(texts, { stdout: '', stderr: '' });
  for (const name of Object.keys(process.env)) Reflect.deleteProperty(process.env, name);
  Object.assign(process.env, env);
  process.chdir(cwd);
  const never = () => new AbortController().signal;
  return main(args, {
    env: process.env,
    cwd: process.cwd(),
    stdout: terminalOf(process.stdout, process.env),
    stderr: terminalOf(process.stderr, process.env),
    signals: { drain: never(), abort: never() },
    now: () => new Date(),
  });
}

/** What keeps this process from ending, and did not before. */
function openBesides(before: readonly string[]): string[] {
  const rest = [...before];
  return process.getActiveResourcesInfo().filter((name) => {
    const at = rest.indexOf(name);
    if (at !== -1) rest.splice(at, 1);
    return at === -1;
  });
}
