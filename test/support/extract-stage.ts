import fs from 'node:fs';
import path from 'node:path';
import type { ExtractsOptions } from '../../simulator/extract/extract-service.ts';
import type { World } from '../../simulator/world/world.ts';
import { ago, dayMs } from './clock.ts';
import { openStage, type Stage } from './simulator.ts';
import { type SshServer, startSshd } from './outside/sshd.ts';

export interface ExtractStage extends Stage {
  readonly server: SshServer;
  readonly dataDir: string;
}

/**
 * A simulator that writes extracts where an SSH server of this machine shows them, and an empty database. A server that is
 * given goes on running, with an empty folder.
 */
export async function openExtractStage(
  sshd: string | SshServer,
  world: World,
  options: Omit<ExtractsOptions, 'folder'> = {},
): Promise<ExtractStage> {
  const server = typeof sshd === 'string' ? await startSshd(sshd) : sshd;
  const stage = await openStage(world, { extracts: { ...options, folder: server.folder } });
  const dataDir = path.join(server.home, 'data');
  fs.mkdirSync(dataDir);
  return {
    ...stage,
    ...{ server, dataDir },
    env: { ...stage.env, ...server.env, DATA_DIR: dataDir },
    close: async () => {
      await stage.close();
      if (server !== sshd) await server.stop();
      else empty(server, dataDir);
    },
  };
}

function empty({ folder }: SshServer, dataDir: string): void {
  fs.rmSync(dataDir, { recursive: true });
  for (const name of fs.readdirSync(folder)) fs.rmSync(path.join(folder, name), { recursive: true });
}

/** On a slow machine lines say how far an import is. */
export function withoutImportLines(stderr: string): string {
  return stderr.replaceAll(/^.* % imported.*\n/gmu, '');
}

/** `--from` and `--to` around the last days. */
export function rangeOf(days: number): string[] {
  const day = (daysAgo: number) =>
    ago(daysAgo * dayMs)
      .toISOString()
      .slice(0, 10);
  return ['--from', day(days), '--to', day(-1)];
}
