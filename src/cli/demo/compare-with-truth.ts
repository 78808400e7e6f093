import { z } from 'zod';
import { eventCatalog } from '../../events/catalog.ts';
import { humanCount } from '../../operations/format.ts';
import type { Pool } from '../../store/connection/pool.ts';

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
    return {
      isEqual: true,
      lines: [
        `Yes: ${total} events in the tables, equal to what the simulator holds`,
        `for each of ${keys.size} pairs of job and event type.`,
      ],
    };
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
