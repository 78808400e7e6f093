import { once } from 'node:events';
import { connect, createServer } from 'node:net';

/** Nothing listens at the port of `tcpmux`, and no system gives it to anybody who asks for any port. */
export const closedPort = 1;

// Below the ranges from which systems give ports to those who ask for any (Linux from 32768, others from 49152), so that
// nobody is given one between the look for it and its use, and above those that browsers refuse. Each process looks in a
// part of its own.
const range = { from: 12_000, to: 20_000, ofProcess: 50 };
let looked = 0;

/** A port of this machine that nothing listens on, and that no other test is given. */
export async function freePort(): Promise<number> {
  const parts = (range.to - range.from) / range.ofProcess;
  for (;;) {
    const port = range.from + (process.pid % parts) * range.ofProcess + (looked % range.ofProcess);
    looked += 1;
    if (await canListen(port)) return port;
  }
}

async function canListen(port: number): Promise<boolean> {
  const server = createServer();
  return await new Promise((resolve) => {
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}

/** Whether something accepts connections at a port of this machine. */
export async function isListening(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1');
  try {
    await once(socket, 'connect');
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}
