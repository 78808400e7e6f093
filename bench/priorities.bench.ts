import { setTimeout as sleep } from 'node:timers/promises';
import { busyText, watchCores, whereCoresWereIdle } from './cpu/busy-cores.ts';
import { figureOf } from './measure.ts';
import { settings } from './sync.bench.ts';
import { type BenchServer, withClient } from './support/postgres.ts';
import { runProduct } from './processes/product.ts';
import { type Bench, ratioRow } from './report/rows.ts';
import { startSendSource } from './sources/send-source.ts';

interface Form {
  readonly latencyMs: number;
  readonly jobs: number;
  readonly mails: number;
}

const quick: Form = { latencyMs: 50, jobs: 6, mails: 2000 };
const full: Form = { latencyMs: 300, jobs: 12, mails: 4000 };
const pageSize = 20;

/** What a sync loses by a backfill of the same account beside it: every response late, four requests in flight. */
export const priorities: Bench = {
  name: 'priorities',
  needsPostgres: true,
  async run({ isFull, rounds: given, server }) {
    const form = isFull ? full : quick;
    const rounds = given ?? (isFull ? 5 : 2);
    const ratios: number[] = [];
    const seconds: number[] = [];
    const busy: number[] = [];
    for (let round = 0; round < rounds; round += 1) {
      const alone = await timeSync(form, server, false);
      const beside = await timeSync(form, server, true);
      ratios.push(whereCoresWereIdle(beside.seconds / alone.seconds, beside.busy));
      seconds.push(alone.seconds);
      busy.push(beside.busy);
    }
    const note =
      `${figureOf(seconds).median.toFixed(1)} s alone, ${form.latencyMs} ms each response; ` +
      `${busyText(figureOf(busy).median)}; ${rounds} rounds`;
    return [ratioRow('a sync beside a backfill, against the sync alone', figureOf(ratios), note)];
  },
};

/** Seconds of a first sync, process start included, in a database of its own. */
async function timeSync(
  { latencyMs, jobs, mails }: Form,
  server: BenchServer,
  isBeside: boolean,
): Promise<{ seconds: number; busy: number }> {
  const database = await server.createDatabase();
  const source = await startSendSource({ jobs, mails, latencyMs, isRemembering: false });
  const stop = new AbortController();
  const cores = watchCores();
  try {
    const environment = {
      ...{ ...source.environment, ...settings, DATABASE_URL: database.url },
      ...{ CONCURRENCY_PER_ACCOUNT: '4', PAGE_SIZE: String(pageSize) },
    };
    const range = ['--from', '2025-01-01', '--to', new Date().toISOString()];
    const backfill = isBeside
      ? runProduct(['backfill', ...range, '--events', 'sent'], {
          ...{ environment, exitCodes: [0, 130], stop: stop.signal },
        })
      : undefined;
    if (isBeside) await untilBusy(database.url);
    const startedAtMs = Date.now();
    const { seconds } = await runProduct(['sync', '--events', 'sent'], { environment });
    const busy = cores.busyBetween(startedAtMs, Date.now());
    stop.abort();
    await backfill;
    return { seconds, busy };
  } finally {
    cores.stop();
    stop.abort();
    await source.stop();
    await database.drop();
  }
}

/** Every slot is taken by the backfill. */
async function untilBusy(url: string): Promise<void> {
  await withClient(url, async (client) => {
    for (;;) {
      const { rows } = await client.query<{ isBusy: boolean }>(
        `select count(*) >= 4 as "isBusy" from pipeline.extract_tasks where origin = 'backfill' and pages > 0`,
      );
      if (rows[0]?.isBusy === true) return;
      await sleep(20);
    }
  });
}
