import { summaryOf } from '../../support/program/cli.ts';
import { syncToEnd } from '../../support/program/in-process-cli.ts';
import { dayMs } from '../../support/clock.ts';
import {
  accountId,
  eventOf,
  listSend,
  openStage,
  retrievesOf,
  type Stage,
  worldOf,
} from '../../support/simulator.ts';
import { expectTablesEqualTruth } from '../../support/stored/truth.ts';

const sizes = [0, 1, 2500, 2501, 60_000] as const;
const world = worldOf(sizes.map((sent, at) => listSend(400 + at, { counts: { sent } })));
let stage: Stage | undefined;

afterEach(() => stage?.close());

describe('a job of 0, 1, 2500, 2501 or 60,000 events', () => {
  it.each([
    { requestIds: 'same', between: 'inclusive', pageSize: 2500, pages: [1, 1, 1, 2, 24] },
    { requestIds: 'new', between: 'exclusive', pageSize: 2000, pages: [1, 1, 2, 2, 30] },
  ] as const)(
    'is complete, page by page of $pageSize, with the $requestIds RequestID and between $between',
    async ({ requestIds, between, pageSize, pages }) => {
      stage = await openStage(world, { requestIds, between });
      const { env, pool, simulator } = stage;
      const end = await syncToEnd({ ...env, EVENT_TYPES: 'sent', PAGE_SIZE: String(pageSize) });

      expect(end.code).toBe(0);
      await expectTablesEqualTruth(pool, world, { types: ['sent'] });
      expect(summaryOf(end).events['sent']).toEqual({ records: 65_002, inserted: 65_002, rejected: 0 });
      expect(sizes.map((_, at) => retrievesOf(simulator, 'SentEvent', 400 + at).length)).toEqual(pages);
      const { rows } = await pool.query<{ job_id: number; request_id: string | null }>(
        `select job_id, request_id from pipeline.checkpoints order by job_id`,
      );
      const last = sizes.map((_, at) => retrievesOf(simulator, 'SentEvent', 400 + at).at(-1)?.requestId);
      expect(rows.map((row) => row.request_id)).toEqual(last);
    },
  );
});

describe('a job too large for one window', () => {
  it.each(['inclusive', 'exclusive'] as const)(
    'is cut into windows that lose no event on their bounds where between is %s',
    async (between) => {
      const jobId = 450;
      const firstMs = Math.floor(Date.now() / 1000) * 1000 - dayMs;
      const sent = Array.from({ length: 600 }, (_, at) =>
        eventOf(jobId, { occurredAt: firstMs + at * 1000, subscriberKey: `person${at}@example.com` }),
      );
      const createdAt = new Date(firstMs);
      const sentAt = new Date(firstMs + 600_000);
      const spec = { createdAt, scheduledAt: createdAt, sentAt, numberSent: 12_000, events: { sent } };
      stage = await openStage(worldOf([listSend(jobId, spec)]), { between });
      const { env, pool } = stage;
      const end = await syncToEnd({ ...env, EVENT_TYPES: 'sent', PAGE_SIZE: '10' });

      expect(end.code).toBe(0);
      await expectTablesEqualTruth(pool, stage.world, { accounts: [accountId], types: ['sent'] });
      const { rows } = await pool.query<{ windows: number; gaps: number }>(
        `select count(*)::int as windows, count(*) filter (where starts <> ends)::int as gaps
         from (select window_from as starts, lag(window_to) over (order by window_from) as ends
               from pipeline.extract_tasks where kind = 'events' and state = 'done') as done`,
      );
      expect(rows[0]).toEqual({ windows: 8, gaps: 0 });
    },
  );
});
