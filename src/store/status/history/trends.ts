import { eventTypeNames } from '../../../events/catalog.ts';
import type { Queryable } from '../../connection/pool.ts';
import { type GateChange, readGateChanges } from './gate-changes.ts';
import { readStatusSamples, type StatusSample } from './samples.ts';

/** Events of one type in one day or hour. */
export interface EventCount {
  /** The day as `2026-07-01`, the hour as an instant. */
  readonly at: string;
  readonly eventType: string;
  readonly events: number;
}

/** How things moved: what the charts of the status page show. */
export interface Trends {
  /** Days of `perDay` begin in it: REPORTING_TIMEZONE. */
  readonly timeZone: string;
  /** Events by the day on which they happened. */
  readonly perDay: readonly EventCount[];
  /** New events by the hour in which their window was loaded. */
  readonly loadedPerHour: readonly EventCount[];
  readonly samples: readonly StatusSample[];
  readonly gateChanges: readonly GateChange[];
  readonly firstDay: string;
  readonly lastDay: string;
  readonly firstHour: string;
  readonly lastHour: string;
}

const daysShown = 30;
const hoursShown = 48;
const hourMs = 3_600_000;

/** Reads rollups, the settled tasks of two days and the samples, never events. */
export async function readTrends(database: Queryable, now: Date): Promise<Trends> {
  const lastHourMs = Math.floor(now.getTime() / hourMs) * hourMs;
  const firstHour = new Date(lastHourMs - (hoursShown - 1) * hourMs);
  const [days, perDay, loadedPerHour, samples, gateChanges] = await Promise.all([
    readDays(database, now),
    readEventsPerDay(database, now),
    readLoadedPerHour(database, firstHour),
    readStatusSamples(database, firstHour),
    readGateChanges(database),
  ]);
  return {
    ...days,
    perDay,
    loadedPerHour,
    samples,
    gateChanges,
    firstHour: firstHour.toISOString(),
    lastHour: new Date(lastHourMs).toISOString(),
  };
}

async function readDays(
  database: Queryable,
  now: Date,
): Promise<Pick<Trends, 'timeZone' | 'firstDay' | 'lastDay'>> {
  const { rows } = await database.query<Pick<Trends, 'timeZone' | 'firstDay' | 'lastDay'>>(
    `select time_zone as "timeZone", to_char(today, 'YYYY-MM-DD') as "lastDay",
            to_char(today - ${daysShown - 1}, 'YYYY-MM-DD') as "firstDay"
     from bi.settings, lateral (select ($1::timestamptz at time zone time_zone)::date as today) as day`,
    [now],
  );
  return rows[0] ?? { timeZone: 'UTC', firstDay: '', lastDay: '' };
}

async function readEventsPerDay(database: Queryable, now: Date): Promise<EventCount[]> {
  // By the index job_days_day.
  const { rows } = await database.query<EventCount>(
    `select to_char(day, 'YYYY-MM-DD') as at, event_type as "eventType", sum(events)::bigint as events
     from tracking.job_days
     where day > ($1::timestamptz at time zone (select time_zone from bi.settings))::date - ${daysShown}
       and day <= ($1::timestamptz at time zone (select time_zone from bi.settings))::date
     group by day, event_type order by day, array_position($2::text[], event_type)`,
    [now, eventTypeNames],
  );
  return rows;
}

async function readLoadedPerHour(database: Queryable, since: Date): Promise<EventCount[]> {
  // By the index extract_tasks_done.
  const { rows } = await database.query<EventCount>(
    `select to_char(date_trunc('hour', settled_at, 'UTC') at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS".000Z"') as at,
            event_type as "eventType", sum(inserted)::bigint as events
     from pipeline.extract_tasks
     where state = 'done' and settled_at >= $1 and kind <> 'dimension' and inserted > 0
     group by 1, event_type order by 1, array_position($2::text[], event_type)`,
    [since, eventTypeNames],
  );
  return rows;
}
