import { Reachability } from '../../src/marketing-cloud/transport/reachability.ts';
import { createAccountClient } from '../../src/marketing-cloud/account-client.ts';
import { eventsKind } from '../../src/pipeline/extraction/kinds/events.ts';
import { openPrivacy, type Privacy } from '../../src/pipeline/privacy.ts';
import { runExtractTask } from '../../src/pipeline/extraction/extract-task.ts';
import { createEventLoader } from '../../src/store/load/event-loader.ts';
import { createPartitionKeeper } from '../../src/store/load/partitions.ts';
import { createPool } from '../../src/store/connection/pool.ts';
import type { OwnedTask } from '../../src/store/ledger/task-ledger.ts';
import type { ContenderOptions, Work } from '../processes/work.ts';
import { accountId, recordsPerPage } from '../support/events.ts';
import { takeTaskFor } from '../support/tables.ts';

/**
 * One window after the other, or several side by side, as a worker extracts them: HTTP, gzip, parser, columns, fenced
 * load, checkpoint.
 */
export function extractOurs(options: ContenderOptions, hmacSecret?: string): Work {
  const { type, pages, databaseUrl = '', sourceUrl = '', firstBatch = 0, windows = 1 } = options;
  const now = (): Date => new Date();
  const pool = createPool({ databaseUrl, connectionsMax: 1 + windows, applicationName: 'bench' });
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
  let privacy: Privacy | undefined;
  let tasks: OwnedTask[] = [];
  return {
    async prepare(round) {
      const first = firstBatch + round * windows;
      const numbers = Array.from({ length: windows }, (_, window) => first + window);
      tasks = await Promise.all(numbers.map((number) => takeTaskFor(pool, { type, pages, number })));
    },
    async run() {
      let inserted = 0;
      privacy ??= await openPrivacy(pool, hmacSecret);
      const { pseudonyms } = privacy;
      const deps = {
        ...{ pool, loader, partitions, privacy, pageSize: 2500, pagesMax: 4000, now },
        takeRequestCount: () => 1,
        beforeNextPage: () => Promise.resolve(),
        keepTurn: () => Promise.resolve(false),
        endTurn: () => undefined,
        onRequest: () => undefined,
        onPage: (_page: unknown, count: number) => void (inserted += count),
      };
      const attempt = { isFromStart: true, now: now(), retention: new Map(), pseudonyms };
      const signals = { drain: never, abort: never, stop: never };
      await Promise.all(
        tasks.map((task) => {
          const reading = eventsKind.open(task, attempt);
          return runExtractTask({ reading, client: account, continueFrom: undefined }, deps, signals);
        }),
      );
      const expected = tasks.length * pages * recordsPerPage;
      if (inserted !== expected) throw new Error(`${inserted} of ${expected} events were loaded`);
      return inserted;
    },
    async stop() {
      await account.close();
      await pool.end();
    },
  };
}
