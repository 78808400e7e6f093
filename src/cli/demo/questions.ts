import type { Pool } from '../../store/pool.ts';
import { z } from 'zod';
import { eventCatalog } from '../../events/catalog.ts';
import { humanCount } from '../../operations/format.ts';
import { renderTable } from '../output.ts';

/** What a BI tool would ask; shown to the reader and then run. */
export const analystQuery = `\
select job.account_id, job.job_id, job.subject,
       to_char(job.sent_at at time zone 'Europe/Berlin', 'Dy DD Mon HH24:MI') as sent_in_berlin,
       opens.total as opens, clicks.total as clicks,
       to_char(opens.latest at time zone 'Europe/Berlin', 'Dy DD Mon HH24:MI') as last_open_in_berlin
from tracking.jobs as job
cross join lateral (
  select count(*) as total, max(occurred_at) as latest from tracking.open_events as event
  where event.account_id = job.account_id and event.job_id = job.job_id) as opens
cross join lateral (
  select count(*) as total from tracking.click_events as event
  where event.account_id = job.account_id and event.job_id = job.job_id) as clicks
where opens.total > 0
order by opens.total desc, job.job_id
limit 10;`;

/** Its result as a table. */
export async function runAnalystQuery(pool: Pool): Promise<string> {
  const { rows, fields } = await pool.query<Record<string, unknown>>(analystQuery);
  const columns = fields.map(({ name }) => ({
    title: name,
    align: name === 'opens' || name === 'clicks' ? ('right' as const) : ('left' as const),
  }));
  return renderTable(
    columns,
    rows.map((row) => fields.map(({ name }) => cellOf(row[name]))),
  );
}

function cellOf(value: unknown): string {
  return typeof value === 'string' || typeof value === 'number' ? String(value) : '–';
}

const truthSchema = z.array(
  z.object({
    accountId: z.number(),
    jobs: z.array(z.object({ jobId: z.number(), events: z.record(z.string(), z.number()) })),
  }),
);

/** Counts per account, job and event type: what the simulator holds against what the tables hold. */
export async function compareWithTruth(
  pool: Pool,
  simulatorUrl: string,
): Promise<{ isEqual: boolean; lines: string[] }> {
  const response = await fetch(`${simulatorUrl}/_simulator/truth`);
  const truth = truthSchema.parse(await response.json());
  const expected = new Map<string, number>();
  for (const { accountId, jobs } of truth) {
    for (const { jobId, events } of jobs) {
      for (const { name } of eventCatalog) {
        const count = events[name] ?? 0;
        if (count > 0) expected.set(`account ${accountId}, job ${jobId}, ${name}`, count);
      }
    }
  }
  const stored = await storedCounts(pool);
  const keys = new Set([...expected.keys(), ...stored.keys()]);
  const differences = [...keys].filter((key) => expected.get(key) !== stored.get(key));
  const total = humanCount([...stored.values()].reduce((sum, count) => sum + count, 0));
  if (differences.length === 0) {
    const line = `Yes: ${total} events in the tables, equal to what the simulator holds for each of ${keys.size} pairs of job and event type.`;
    return { isEqual: true, lines: [line] };
  }
  const lines = differences.map(
    (key) => `  ${key}: ${expected.get(key) ?? 0} there, ${stored.get(key) ?? 0} in the table`,
  );
  return { isEqual: false, lines: [`NO: ${differences.length} of ${keys.size} counts differ:`, ...lines] };
}

async function storedCounts(pool: Pool): Promise<Map<string, number>> {
  const counts = new Map<string, number>();
  for (const { name, table } of eventCatalog) {
    const { rows } = await pool.query<{ account_id: number; job_id: number; count: number }>(
      `select account_id, job_id, count(*) as count from tracking.${table} group by account_id, job_id`,
    );
    for (const row of rows) counts.set(`account ${row.account_id}, job ${row.job_id}, ${name}`, row.count);
  }
  return counts;
}
