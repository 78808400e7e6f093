import type { PlannedWindow } from '../../store/planning/plan-ledger.ts';
import { type PlanFacts, readPlanFacts } from '../../store/planning/plan-facts.ts';
import { extractedEventTypes } from '../../marketing-cloud/request/extract-parameters.ts';
import { readBytesPerRow, readImportPace, readRequestPace } from '../../store/planning/measured-pace.ts';
import type { Pool } from '../../store/connection/pool.ts';
import type { EventDefinition } from '../../events/define-event.ts';
import { compareRoads, type Roads } from './compare-roads.ts';
import { expectedEvents } from './expected-events.ts';
import { type BackfillSettings, planBackfillOfJob } from './plan-backfill.ts';
import { planScope, withoutUnavailable } from './plan-run.ts';

export interface ForecastRequest {
  readonly accountIds: readonly number[];
  readonly definitions: readonly EventDefinition[];
  readonly jobIds?: readonly number[] | undefined;
  readonly settings: BackfillSettings;
  readonly pageSize: number;
  /** Requests that the contract allows in a year. */
  readonly yearlyCalls: number;
}

export interface BackfillForecast {
  readonly jobs: number;
  readonly windows: number;
  readonly requests: number;
  /** Rows that the range is expected to have, whether or not they are loaded already. */
  readonly events: number;
  readonly bytes: number;
  /** At the pace of the last runs; null where none was large enough to measure. */
  readonly minutes: number | null;
  /** Of the yearly allowance: 0.01 is one percent. */
  readonly allowanceShare: number;
  /** What Tracking Extracts of the range would cost, and which road is cheaper. */
  readonly roads: Roads;
}

/** What a backfill would cost, from the jobs that are known. Requests nothing and writes nothing. */
export async function forecastBackfill(request: ForecastRequest, pool: Pool): Promise<BackfillForecast> {
  const { accountIds, definitions, jobIds, settings, pageSize, yearlyCalls } = request;
  const sums = { jobs: 0, windows: 0, requests: 0, events: 0, bytes: 0, inExtracts: 0 };
  const bytesPerRow = await readBytesPerRow(
    pool,
    definitions.map(({ table }) => table),
  );
  for (const accountId of accountIds) {
    const target = await withoutUnavailable({ runId: 0, accountId, definitions, jobIds }, pool);
    for await (const page of readPlanFacts(pool, planScope(target, settings.range.from))) {
      for (const facts of page) {
        const windows = planBackfillOfJob(facts, target.definitions, settings);
        sums.jobs += windows.length > 0 ? 1 : 0;
        for (const window of windows) {
          const definition = target.definitions.find(({ name }) => name === window.eventType);
          if (definition === undefined) continue;
          const events = partEvents(facts, definition, window);
          sums.windows += events.length;
          sums.requests += events.reduce((sum, count) => sum + Math.max(1, Math.ceil(count / pageSize)), 0);
          const rows = events.reduce((sum, count) => sum + count, 0);
          sums.events += rows;
          if (extractedEventTypes.includes(definition.name)) sums.inExtracts += rows;
          sums.bytes += rows * (bytesPerRow.get(definition.table) ?? usualBytesPerRow);
        }
      }
    }
  }
  const { inExtracts, ...costs } = sums;
  const perMinute = await readRequestPace(pool, accountIds);
  const minutes = perMinute === null ? null : Math.ceil(sums.requests / perMinute);
  const allowanceShare = sums.requests / yearlyCalls;
  return {
    ...{ ...costs, minutes, allowanceShare },
    roads: compareRoads({
      ...settings.range,
      accounts: accountIds.length,
      soap: { requests: sums.requests, minutes, allowanceShare },
      events: inExtracts,
      eventsPerMinute: await readImportPace(pool),
      otherTypes: definitions.filter(({ name }) => !extractedEventTypes.includes(name)).length,
    }),
    events: Math.round(sums.events),
    bytes: Math.round(sums.bytes),
  };
}

/** A row with its indexes, where too few are loaded to measure. */
const usualBytesPerRow = 300;

/** The events expected in each part of a window. */
function partEvents({ job }: PlanFacts, definition: EventDefinition, { parts }: PlannedWindow): number[] {
  const before = expectedEvents(job, definition, undefined);
  return parts.map(({ from, to }) => before(to.getTime()) - before(from.getTime()));
}
