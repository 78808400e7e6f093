// A process that executes one command line after another, as processes of their own would: each with its own
// arguments, environment, folder, output and exit code. See command-hosts.cjs.
import module from 'node:module';
import path from 'node:path';

const cache = path.join(import.meta.dirname, '..', '..', 'node_modules', '.cache', 'sfmc-tracking');
module.enableCompileCache(cache);
const { main } = await import('../../src/cli/main.ts');
const { terminalOf } = await import('../../src/cli/terminal/terminal.ts');

const texts = { stdout: '', stderr: '' };
const never = new AbortController().signal;
for (const name of ['stdout', 'stderr'] as const) {
  process[name].write = (piece: string | Uint8Array) => {
    texts[name] += typeof piece === 'string' ? piece : Buffer.from(piece).toString('utf8');
    return true;
  };
}

process.on('disconnect', () => process.exit());
process.on('message', (message: { args: string[]; env: Record<string, string>; cwd: string }) => {
  void execute(message).then((code) => process.send?.({ code, ...texts }));
});

function execute({ args, env, cwd }: { args: string[]; env: Record<string, string>; cwd: string }) {
  Object.assign(texts, { stdout: '', stderr: '' });
  for (const name of Object.keys(process.env)) Reflect.deleteProperty(process.env, name);
  Object.assign(process.env, env);
  process.chdir(cwd);
  return main(args, {
    env: process.env,
    cwd: process.cwd(),
    stdout: terminalOf(process.stdout, process.env),
    stderr: terminalOf(process.stderr, process.env),
    signals: { drain: never, abort: never },
    now: () => new Date(),
  });
}
