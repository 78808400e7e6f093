import { connect, createServer, type Server, type Socket } from 'node:net';

export interface Network {
  /** The database's URL through this network. */
  readonly url: string;
  /** Passes nothing on any more, in either direction, and keeps every connection open. */
  fallSilent(): void;
  isSilent(): boolean;
  /** Falls silent as soon as a statement with this text has been passed to the server: its result does not come. */
  fallSilentAfter(text: string): void;
  close(): Promise<void>;
}

/** Stands between a process and its database, and can vanish as a network does: nobody closes a connection. */
export async function openNetwork(databaseUrl: string): Promise<Network> {
  const target = new URL(databaseUrl);
  const sockets = new Set<Socket>();
  let isSilent = false;
  let lastText: string | undefined;
  const server: Server = createServer((near) => {
    const far = connect({ host: target.hostname, port: Number(target.port) });
    for (const [one, other] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(one);
      one.on('error', () => other.destroy());
      one.on('close', () => {
        if (!isSilent) other.destroy();
      });
      one.on('data', (bytes) => {
        if (isSilent) return;
        other.write(bytes);
        if (one === near && lastText !== undefined && bytes.includes(lastText)) isSilent = true;
      });
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const url = new URL(databaseUrl);
  url.host = `127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`;
  return {
    url: url.href,
    isSilent: () => isSilent,
    fallSilent: () => {
      isSilent = true;
    },
    fallSilentAfter: (text) => {
      lastText = text;
    },
    close: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
