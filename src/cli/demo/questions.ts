import type { Pool } from '../../store/connection/pool.ts';
import { renderTable } from '../terminal/table.ts';

export interface Question {
  readonly title: string;
  /** Shown to the reader and then run, as a BI tool would run it. */
  readonly sql: string;
}

const jobPerformance = `\
select job_id, subject, to_char(day, 'DD Mon') as day, sent, delivered,
       opened, round(100 * open_rate, 1) as "open %",
       human_clicked as clicked, round(100 * human_click_rate, 1) as "click %", unsubscribed
from bi.job_performance
where sent > 0
order by sent_at desc nulls last, job_id
limit 8;`;

const humansAndMachines = `\
select event.job_id, job.subject, event.event_type as event, event.events,
       event.human_events as human, event.machine_events as machine,
       round(100 * event.machine_share, 1) as "machine %", event.human_people
from bi.machine_engagement as event
join bi.job_performance as job on job.account_id = event.account_id and job.job_id = event.job_id
where not job.is_triggered
order by job.sent_at desc, event.job_id, event.event_type
limit 8;`;

const completeness = `\
select counter, count(*) as jobs, sum(source) as source, sum(loaded) as loaded,
       count(*) filter (where verdict = 'exact') as exact,
       count(*) filter (where verdict in ('indistinguishable', 'within tolerance')) as tolerated,
       count(*) filter (where verdict = 'too early') as "too early",
       count(*) filter (where verdict in ('source ahead', 'loaded ahead')) as differ
from bi.completeness
group by counter
order by counter;`;

/** What analysts ask first. */
export const questions = {
  jobPerformance: { title: 'An analyst asks: how did the last sends do?', sql: jobPerformance },
  humansAndMachines: {
    title: 'How many of those opens and clicks were made by machines?',
    sql: humansAndMachines,
  },
  completeness: { title: "Is that all, and each once? By Marketing Cloud's own counters", sql: completeness },
} as const satisfies Record<string, Question>;

// bigint, integer and numeric, as pg_type numbers them.
const numberTypes = new Set([20, 23, 1700]);

/** The result as a table. */
export async function runQuestion(pool: Pool, { sql }: Question): Promise<string> {
  const { rows, fields } = await pool.query<unknown[]>({ text: sql, rowMode: 'array' });
  const columns = fields.map(({ name, dataTypeID }) => ({
    title: name,
    align: numberTypes.has(dataTypeID) ? ('right' as const) : ('left' as const),
  }));
  return renderTable(
    columns,
    rows.map((row) => row.map(cellOf)),
  );
}

function cellOf(value: unknown): string {
  return typeof value === 'string' || typeof value === 'number' ? String(value) : '–';
}
