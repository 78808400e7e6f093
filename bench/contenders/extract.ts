import { Reachability } from '../../src/marketing-cloud/reachability.ts';
import { createAccountClient } from '../../src/marketing-cloud/account-client.ts';
import { eventsKind } from '../../src/pipeline/extraction/kinds/events.ts';
import { openPrivacy, type Privacy } from '../../src/pipeline/privacy.ts';
import { runExtractTask } from '../../src/pipeline/extraction/extract-task.ts';
import { createEventLoader } from '../../src/store/load/event-loader.ts';
import { createPartitionKeeper } from '../../src/store/load/partitions.ts';
import { createPool } from '../../src/store/connection/pool.ts';
import type { OwnedTask } from '../../src/store/ledger/task-ledger.ts';
import type { ContenderOptions, Work } from '../support/work.ts';
import { accountId, type Batch } from '../support/events.ts';
import { takeTaskFor } from '../support/tables.ts';

/** One window after the other, as a worker extracts them: HTTP, gzip, parser, columns, fenced load, checkpoint. */
export function extractOurs(options: ContenderOptions, hmacSecret?: string): Work {
  const { type, pages, databaseUrl = '', sourceUrl = '', firstBatch = 0 } = options;
  const now = (): Date => new Date();
  const pool = createPool({ databaseUrl, connectionsMax: 2, applicationName: 'bench' });
  const account = createAccountClient({
    auth: { kind: 'oauth', authUrl: sourceUrl, clientId: 'bench', clientSecret: 'bench' },
    soapUrl: sourceUrl,
    accountId,
    reachability: new Reachability({
      memory: { hasResponded: () => Promise.resolve(true), remember: () => Promise.resolve() },
      now: () => new Date(),
    }),
    requestTimeoutMs: 60_000,
    admission: { admit: () => Promise.resolve(), succeeded: () => Promise.resolve() },
    now,
  });
  const loader = createEventLoader();
  const partitions = createPartitionKeeper({ pool });
  const never = new AbortController().signal;
  let batch: Batch = { type, pages, number: firstBatch };
  let privacy: Privacy | undefined;
  let task: OwnedTask | undefined;
  return {
    async prepare(round) {
      batch = { type, pages, number: firstBatch + round };
      task = await takeTaskFor(pool, batch);
    },
    async run() {
      let inserted = 0;
      if (task === undefined) return 0;
      privacy ??= await openPrivacy(pool, hmacSecret);
      const { pseudonyms } = privacy;
      const deps = {
        ...{ pool, loader, partitions, privacy, pageSize: 2500, pagesMax: 4000, now },
        takeRequestCount: () => 1,
        beforeNextPage: () => Promise.resolve(),
        keepTurn: () => Promise.resolve(false),
        onRequest: () => undefined,
        onPage: (_page: unknown, count: number) => void (inserted += count),
      };
      const reading = eventsKind.open(task, {
        isFromStart: true,
        now: now(),
        retention: new Map(),
        pseudonyms,
      });
      const extraction = { reading, client: account, continueFrom: undefined };
      await runExtractTask(extraction, deps, {
        drain: never,
        abort: never,
        stop: never,
      });
      return inserted;
    },
    async stop() {
      await account.close();
      await pool.end();
    },
  };
}
