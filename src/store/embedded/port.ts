import { randomInt } from 'node:crypto';
import fs from 'node:fs';
import net from 'node:net';
import { StoreUnavailableError } from '../../errors.ts';
import type { DataDir } from './data-dir.ts';

// Below the range for outgoing connections (Linux from 32768, others from 49152).
const portsFrom = 20_000;
const portsTo = 30_000;
const portTriesMax = 50;

/** Returns the same port as last time, so that BI tools keep working; a new one only if that is taken. */
export async function choosePort(dir: DataDir, onNotice?: (line: string) => void): Promise<number> {
  const remembered = fs.existsSync(dir.port) ? Number(fs.readFileSync(dir.port, 'utf8')) : undefined;
  if (remembered !== undefined && (await isPortFree(remembered))) return remembered;
  for (let tries = 0; tries < portTriesMax; tries += 1) {
    const port = randomInt(portsFrom, portsTo);
    if (!(await isPortFree(port))) continue;
    fs.writeFileSync(dir.port, `${port}\n`);
    if (remembered !== undefined)
      onNotice?.(`port ${remembered} is taken; the embedded Postgres now uses ${port}`);
    return port;
  }
  throw new StoreUnavailableError(
    `no free port between ${portsFrom} and ${portsTo} for the embedded Postgres`,
  );
}

async function isPortFree(port: number): Promise<boolean> {
  if (!Number.isInteger(port) || port < 1 || port > 65_535) return false;
  const probe = net.createServer();
  return await new Promise((resolve) => {
    probe.once('error', () => resolve(false));
    probe.listen({ port, host: '127.0.0.1', exclusive: true }, () => probe.close(() => resolve(true)));
  });
}
