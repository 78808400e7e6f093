import type pg from 'pg';
import { z } from 'zod';
import { dashboards } from '../../test/support/analysts/grafana-dashboard.ts';
import { expandMacros } from '../../test/support/analysts/grafana-macros.ts';
import type { Goal } from '../report/verdict.ts';
import { analystAccountId, jobIdOf } from './analyst-world.ts';

/** A query that a person waits for. */
export interface AnalystQuery {
  readonly label: string;
  readonly sql: string;
}

const dayMs = 86_400_000;

/** Every panel of the dashboards over 90 days, one person's history, and the first rows of every view. */
export async function analystQueries(
  client: pg.ClientBase,
  now: Date,
  jobs: number,
): Promise<AnalystQuery[]> {
  const context = {
    from: new Date(now.getTime() - 90 * dayMs),
    to: now,
    variables: { account: ['account_id'] },
  };
  const job = { account: [String(analystAccountId)], job: [String(jobIdOf(jobs - 10))] };
  const panels = dashboards.flatMap(({ uid, title: dashboard, panels: all }) =>
    all.map(({ title, targets: [{ rawSql }] }) => ({
      label: labelOf(dashboard, title),
      sql: expandMacros(rawSql, uid === 'sfmc-job' ? { ...context, variables: job } : context),
    })),
  );
  const { rows } = await client.query<{ name: string }>(
    `select relname as name from pg_class where relnamespace = 'bi'::regnamespace and relkind = 'v' order by 1`,
  );
  const firstRows = rows.map(({ name }) => ({
    label: `first 10,000 rows of bi.${name}`,
    sql: `select * from bi.${name} limit 10000`,
  }));
  return [
    ...panels,
    { label: "one person's history", sql: historyOf('person131@domain131.example') },
    ...firstRows,
  ];
}

/** What each panel may take: those that read events have a filter by date. */
export const panelGoals: Readonly<Record<string, Goal>> = Object.fromEntries(
  dashboards.flatMap(({ title: dashboard, panels }) =>
    panels.map(({ title, targets: [{ rawSql }] }) => [
      labelOf(dashboard, title),
      rawSql.includes('_events\n')
        ? { most: 1000, form: 'full' as const, oneLine: 'panels that read events, the slowest' }
        : { most: 100, form: 'full' as const, oneLine: 'panels that read rollups, the slowest' },
    ]),
  ),
);

function labelOf(dashboard: string, panel: string): string {
  return `panel: ${dashboard}, ${panel}`;
}

/** Each message of a person, and its events, found by the instants that the message knows. */
function historyOf(subscriberKey: string): string {
  return `
select message.job_id, event.event_type, event.occurred_at, event.url
from tracking.recipients as message
cross join lateral (
  select distinct instant.at
  from unnest(array[message.sent_at, message.not_sent_at, message.first_open_at, message.last_open_at, message.first_click_at,
    message.last_click_at, message.bounced_at, message.last_bounced_at, message.unsubscribed_at]) as instant (at)) as known
join bi.all_events as event
  on event.account_id = message.account_id and event.occurred_at = known.at and event.job_id = message.job_id
  and event.subscriber_key = message.subscriber_key
where message.account_id = ${analystAccountId} and message.subscriber_key = '${subscriberKey}'
order by event.occurred_at`;
}

interface PlanNode {
  readonly 'Node Type': string;
  readonly 'Index Name'?: string | undefined;
  readonly 'Relation Name'?: string | undefined;
  readonly Plans?: readonly PlanNode[] | undefined;
}

const planNode: z.ZodType<PlanNode> = z.lazy(() =>
  z.object({
    'Node Type': z.string(),
    'Index Name': z.string().optional(),
    'Relation Name': z.string().optional(),
    Plans: z.array(planNode).optional(),
  }),
);
const planShape = z.tuple([z.object({ Plan: planNode })]);

/** How the query reaches its tables: kinds of scan and what they read, months taken together. */
export async function accessPaths(client: pg.ClientBase, sql: string): Promise<string> {
  const { rows } = await client.query<{ 'QUERY PLAN': unknown }>(`explain (format json, costs off) ${sql}`);
  const [{ Plan }] = planShape.parse(rows[0]?.['QUERY PLAN']);
  const paths = new Map<string, number>();
  const visit = (node: PlanNode): void => {
    const read = node['Index Name'] ?? node['Relation Name'];
    if (read !== undefined && node['Node Type'] !== 'Bitmap Heap Scan') {
      const path = `${node['Node Type'].toLowerCase()} ${read.replace(/_y\d{4}m\d{2}.*$/u, '')}`;
      paths.set(path, (paths.get(path) ?? 0) + 1);
    }
    for (const child of node.Plans ?? []) visit(child);
  };
  visit(Plan);
  return [...paths].map(([path, count]) => (count === 1 ? path : `${path} (${count}×)`)).join(', ');
}
