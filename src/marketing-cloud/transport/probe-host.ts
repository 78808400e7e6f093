import { lookup } from 'node:dns/promises';
import { connect as connectTcp } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { TransportError } from '../../errors.ts';
import { systemCode } from '../../system-code.ts';

// As for requests: a tenant's host is one load balancer away.
const connectTimeoutMs = 10_000;

/** The addresses of a host name. @throws {TransportError} when it has none. */
export async function resolveHost(host: string): Promise<string[]> {
  try {
    const found = await lookup(host.replace(/^\[|\]$/gu, ''), { all: true });
    return found.map(({ address }) => address);
  } catch (error) {
    throw new TransportError(
      `the name ${host} cannot be resolved (${systemCode(error)})`,
      {},
      { cause: error },
    );
  }
}

export interface TlsFacts {
  /** Such as TLSv1.3. */
  readonly protocol: string;
  readonly issuer: string;
  readonly validTo: Date;
}

/** Connects and verifies the certificate; sends nothing. @throws {TransportError} when either fails. */
export async function readTls(host: string, port: number): Promise<TlsFacts> {
  const socket = connectTls({ host, port, servername: host, timeout: connectTimeoutMs });
  try {
    await settled(socket, 'secureConnect', `${host}:${port}`);
    const { issuer, valid_to: validTo } = socket.getPeerCertificate();
    return {
      protocol: socket.getProtocol() ?? 'TLS',
      issuer: String(issuer.O),
      validTo: new Date(validTo),
    };
  } finally {
    socket.destroy();
  }
}

/** Connects, and ends the connection. @throws {TransportError} when it fails. */
export async function reachPort(host: string, port: number): Promise<void> {
  const socket = connectTcp({ host, port, timeout: connectTimeoutMs });
  try {
    await settled(socket, 'connect', `${host}:${port}`);
  } finally {
    socket.destroy();
  }
}

function settled(
  socket: ReturnType<typeof connectTcp>,
  event: 'connect' | 'secureConnect',
  address: string,
): Promise<void> {
  return new Promise((resolve, reject) => {
    const fail = (error: unknown) =>
      reject(new TransportError(`no connection to ${address} (${systemCode(error)})`, {}, { cause: error }));
    socket.once(event, () => resolve());
    socket.once('timeout', () => fail({ code: 'ETIMEDOUT' }));
    socket.on('error', fail);
  });
}
