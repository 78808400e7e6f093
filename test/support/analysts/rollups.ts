import type { Pool } from '../../../src/store/connection/pool.ts';
import type { OracleWorld } from './oracle-messages.ts';
import { type Rollups, rollupTables } from './rollup-oracle.ts';
import { eventTypes } from './tracking-events.ts';

/** The rollups as the oracle writes them: instants as text, whether hashes are there, no `changed_at`. */
export async function readRollups(pool: Pool): Promise<Rollups> {
  const read = await Promise.all(
    rollupTables.map(async (table) => {
      const { rows } = await pool.query<Record<string, unknown>>(`select * from tracking.${table}`);
      return [table, rows.map(plain)] as const;
    }),
  );
  const { recipients = [], ...others } = Object.fromEntries(read);
  return { ...emptyRollups, ...others, recipients: recipients.map(withoutHashes) };
}

const emptyRollups: Rollups = {
  ...{ recipients: [], subscribers: [], job_totals: [], job_days: [] },
  ...{ job_hours: [], link_totals: [], domain_days: [], engagement_days: [] },
  ...{ machine_events: [], rule_totals: [] },
};

/** Rows of a table in an order that does not depend on who made them. */
export function sorted(rollups: Rollups): Record<string, string[]> {
  return Object.fromEntries(
    Object.entries(rollups).map(([table, rows]) => [
      table,
      rows.map((row) => JSON.stringify(Object.fromEntries(Object.entries(row).sort()))).sort(),
    ]),
  );
}

export async function emptyRollupsAndEvents(pool: Pool): Promise<void> {
  const tables = [...eventTypes.map((type) => `${type}_events`), ...rollupTables, 'jobs', 'links'];
  // To truncate makes new files for some 400 tables and indexes, a hundred times the work of deleting so few rows.
  const names = [
    ...tables.map((table) => `tracking.${table}`),
    'pipeline.rollup_changes',
    'pipeline.rollup_state',
  ];
  await pool.query(names.map((name) => `delete from ${name}`).join(';'));
}

/** The world the database's own rules and settings make; links are the oracle's to know. */
export async function readWorld(pool: Pool, links: OracleWorld['links'] = {}): Promise<OracleWorld> {
  const { rows: rules } = await pool.query<{
    rule: string;
    seconds: string;
    count: number | null;
    share: string | null;
    pattern: string | null;
  }>('select rule, seconds, count, share, pattern from bi.engagement_rules where enabled order by rule');
  const { rows: settings } = await pool.query<{ time_zone: string }>('select time_zone from bi.settings');
  return {
    timeZone: settings[0]?.time_zone ?? 'UTC',
    links,
    rules: rules.map(({ rule, seconds, count, share, pattern }) => ({
      ...{ rule, seconds: Number(seconds) },
      ...(count === null ? {} : { count }),
      ...(share === null ? {} : { share: Number(share) }),
      ...(pattern === null ? {} : { pattern: pattern.replaceAll('%', '') }),
    })),
  };
}

function plain(row: Record<string, unknown>): Record<string, unknown> {
  const compared = Object.entries(row).filter(([name]) => name !== 'changed_at' && name !== 'event_hash');
  return Object.fromEntries(
    compared.map(([name, value]) => {
      if (name === 'day' && value instanceof Date) return [name, localDate(value)];
      if (value === -Infinity) return [name, '-infinity'];
      if (name === 'reasons' && Array.isArray(value)) return [name, value.toSorted()];
      return [name, value instanceof Date ? value.toISOString() : value];
    }),
  );
}

/** The driver makes of a date the midnight of this machine's own time zone. */
function localDate(day: Date): string {
  return [day.getFullYear(), day.getMonth() + 1, day.getDate()]
    .map((part) => String(part).padStart(2, '0'))
    .join('-');
}

function withoutHashes(row: Record<string, unknown>): Record<string, unknown> {
  const { first_open_hash, first_click_hash, first_bounce_hash, first_unsubscribe_hash, ...rest } = row;
  return {
    ...rest,
    ...{ has_open_tie: first_open_hash !== null, has_click_tie: first_click_hash !== null },
    ...{ has_bounce_tie: first_bounce_hash !== null, has_unsubscribe_tie: first_unsubscribe_hash !== null },
  };
}
