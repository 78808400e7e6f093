import fs from 'node:fs';
import path from 'node:path';
import {
  embeddedPostgresUrl,
  joinEmbeddedPostgres,
  stopEmbeddedPostgres,
} from '../../../src/store/embedded/embedded-postgres.ts';
import { eventually } from '../clock.ts';
import { makeClusterFolder } from './cluster-folder.ts';

export interface OwnServer {
  readonly url: string;
  /** Where its files are. */
  readonly clusterFolder: string;
  /** As a loss of power does: no checkpoint, no goodbye to anybody. */
  stopImmediately(): Promise<void>;
  start(): Promise<void>;
  remove(): Promise<void>;
}

/** A Postgres of this test's own, as durable as in production, to be stopped in mid-run. */
export async function startOwnServer(): Promise<OwnServer> {
  const dataDir = makeClusterFolder();
  let embedded = await joinEmbeddedPostgres({ dataDir, keep: true });
  return {
    url: embedded.url,
    clusterFolder: path.join(dataDir, 'postgres'),
    stopImmediately: async () => {
      const [pid = ''] = fs
        .readFileSync(path.join(dataDir, 'postgres', 'postmaster.pid'), 'utf8')
        .split('\n');
      process.kill(Number(pid), 'SIGQUIT');
      await eventually('the end of the server', async () => {
        return (await embeddedPostgresUrl({ dataDir })) === undefined;
      });
    },
    start: async () => {
      await embedded.leave().catch(() => undefined);
      embedded = await joinEmbeddedPostgres({ dataDir, keep: true });
    },
    remove: async () => {
      await embedded.leave().catch(() => undefined);
      await stopEmbeddedPostgres({ dataDir });
      fs.rmSync(dataDir, { recursive: true, force: true });
    },
  };
}
