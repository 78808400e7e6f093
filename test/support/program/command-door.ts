import { once } from 'node:events';
import net from 'node:net';
import { runCli } from './cli.ts';

/** A command line for scripts of a shell. */
export interface CommandDoor {
  /** A script that runs its arguments as `sfmc-tracking` would: in its folder, with its environment, output and exit code. */
  readonly script: string;
  close(): Promise<void>;
}

/**
 * Lets scripts run the command line as `runCli` does, in a process that has the program loaded. Bash sends what a process
 * is started with, each followed by a NUL: folder, number of arguments, arguments, environment, and nothing at the end.
 */
export async function openCommandDoor(): Promise<CommandDoor> {
  const server = net.createServer((socket) => {
    let request = '';
    socket.setEncoding('utf8').on('data', (text: string) => {
      request += text;
      const parts = request.split('\0');
      const [cwd = '', count = '', ...rest] = parts;
      const end = rest.indexOf('', Number(count));
      if (count === '' || end === -1 || end === rest.length - 1) return;
      const env = Object.fromEntries(rest.slice(Number(count), end).map(pairOf));
      void runCli(rest.slice(0, Number(count)), env, { cwd }).then(
        ({ code, stdout, stderr }) => socket.end(`${code ?? 1}\n${base64(stderr)}\n${stdout}`),
        (error: unknown) => socket.end(`1\n${base64(String(error))}\n`),
      );
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const port = address !== null && typeof address === 'object' ? address.port : 0;
  return {
    script: scriptFor(port),
    close: async () => {
      server.close();
      await once(server, 'close');
    },
  };
}

function pairOf(line: string): [string, string] {
  const at = line.indexOf('=');
  return [line.slice(0, at), line.slice(at + 1)];
}

const base64 = (text: string) => Buffer.from(text).toString('base64');

function scriptFor(port: number): string {
  return `#!/bin/bash
exec 3<>/dev/tcp/127.0.0.1/${port}
{ printf '%s\\0' "$PWD" "$#" "$@"; env -0; printf '\\0'; } >&3
read -r code <&3
read -r errors <&3
base64 --decode <<< "$errors" >&2
cat <&3
exit "$code"
`;
}
