import { checkRollups } from '../../bi/check.ts';
import { recordDeficits } from '../../bi/completeness.ts';
import { refreshRollups } from '../../bi/refresh.ts';
import { findEventDefinition } from '../../events/catalog.ts';
import type { Logger } from '../../logger.ts';
import type { Retention } from '../../pipeline/event-bounds.ts';
import type { Privacy } from '../../pipeline/privacy.ts';
import { replayRejected } from '../../pipeline/replay-rejected.ts';
import type { PartitionKeeper } from '../../store/load/partitions.ts';
import { deleteOutdatedRejected } from '../../store/load/settle-rejected.ts';
import { dropAbandonedStaging } from '../../store/import/abandoned-files.ts';
import { pruneLedger } from '../../store/ledger/prune-ledger.ts';
import type { Pool } from '../../store/connection/pool.ts';
import { takeStatusSample } from '../../store/status/history/samples.ts';
import { type AlertDeps, sendAlerts } from '../alerts/send-alerts.ts';
import { alertStep } from '../alerts/conditions.ts';
import { dropMonths } from './drop-months.ts';
import type { HousekeepingStep } from './housekeeper.ts';

const minuteMs = 60_000;
const dayMs = 24 * 60 * minuteMs;

// Of each account; a night's check of this size finds what is wrong in one job of a hundred within a week.
const checkedJobsMax = 20;

// An import that did not go on for a week will not: files are exported again sooner.
const abandonedAfterMs = 7 * dayMs;

/** Rejected records that are read again at once; `rejected replay` reads all. */
const rejectedMax = 20_000;

export interface StepDeps {
  readonly pool: Pool;
  readonly partitions: PartitionKeeper;
  readonly privacy: Privacy;
  /** Tables of the event types that are extracted. */
  readonly eventTables: readonly string[];
  readonly logger: Logger;
  readonly now: () => Date;
  readonly retention: Retention;
  /** How long what ended stays in the ledger. */
  readonly ledgerMs: number;
  /** Undefined where no webhook is set. */
  readonly alerts?: Pick<AlertDeps, 'webhook' | 'readReport'> | undefined;
}

/** Every housekeeping step there is, in the order of execution; the only list. */
export function housekeepingSteps(deps: StepDeps): HousekeepingStep[] {
  const { alerts } = deps;
  return [
    sampleStatus(deps),
    makePartitions(deps),
    settleRejected(deps),
    refreshJobs(deps),
    compareCounters(deps),
    checkSample(deps),
    dropOldMonths(deps),
    pruneOldTasks(deps),
    dropStaging(deps),
    ...(alerts === undefined ? [] : [sendDueAlerts({ ...deps, ...alerts })]),
  ];
}

/** Lag and backlog for the charts of the status page. */
function sampleStatus({ pool, now }: StepDeps): HousekeepingStep {
  return {
    name: 'sample-status',
    everyMs: 5 * minuteMs,
    occasions: ['start', 'run-end'],
    async execute() {
      await takeStatusSample(pool, now());
      return {};
    },
  };
}

/** The months that events of the next weeks go to, so that no page has to wait for one. */
function makePartitions({ partitions, eventTables, now }: StepDeps): HousekeepingStep {
  return {
    name: 'make-partitions',
    everyMs: dayMs,
    occasions: [],
    async execute() {
      await partitions.ensureAhead(eventTables, now());
      return {};
    },
  };
}

/** Rejected records that can be read by now become events, and those that Marketing Cloud no longer returns leave. */
function settleRejected({ pool, partitions, privacy, now, retention }: StepDeps): HousekeepingStep {
  return {
    name: 'settle-rejected',
    everyMs: dayMs,
    occasions: ['run-end'],
    async execute() {
      const outdated = await deleteOutdatedRejected(pool);
      const deps = {
        pool,
        partitions,
        privacy,
        now,
        findDefinition: findEventDefinition,
        recordsMax: rejectedMax,
        retention,
      };
      const { read, left } = await replayRejected(deps);
      return { outdated, readable: read - left };
    },
  };
}

/** After each run, and in between for what was loaded without one: a run that died, records that were replayed. */
function refreshJobs({ pool }: StepDeps): HousekeepingStep {
  return {
    name: 'refresh-rollups',
    everyMs: 5 * minuteMs,
    occasions: ['run-end'],
    async execute({ waits, signal }) {
      const { jobs } = await refreshRollups(pool, { waits, signal });
      return { jobs };
    },
  };
}

/** By the rollups, so after their refresh: jobs that Marketing Cloud counts more events of are read again in full. */
function compareCounters({ pool, logger }: StepDeps): HousekeepingStep {
  return {
    name: 'compare-counters',
    everyMs: dayMs,
    occasions: ['run-end'],
    async execute() {
      const deficits = await recordDeficits(pool);
      if (deficits > 0)
        logger.warn({ jobs: deficits }, 'events are missing: the next sync reads these jobs again in full');

      return { deficits };
    },
  };
}

/** What differs is computed again; that it differed at all is an error. */
function checkSample({ pool, logger }: StepDeps): HousekeepingStep {
  return {
    name: 'check-rollups',
    everyMs: dayMs,
    occasions: [],
    async execute({ signal }) {
      const { checkedJobs, mismatches } = await checkRollups(pool, { jobsMax: checkedJobsMax, signal });
      if (mismatches.length > 0)
        logger.error({ jobs: mismatches }, 'rollups differed from their events and were computed again');

      return { checkedJobs, mismatches: mismatches.length };
    },
  };
}

/** After the refresh, so that what leaves is counted in the rollups. */
function dropOldMonths(deps: StepDeps): HousekeepingStep {
  return {
    name: 'drop-months',
    everyMs: dayMs,
    occasions: ['run-end'],
    async execute({ signal }) {
      return await dropMonths(deps, signal);
    },
  };
}

function pruneOldTasks({ pool, ledgerMs }: StepDeps): HousekeepingStep {
  return {
    name: 'prune-ledger',
    everyMs: dayMs,
    occasions: ['run-end'],
    async execute({ signal }) {
      return { ...(await pruneLedger(pool, { olderThanMs: ledgerMs, signal })) };
    },
  };
}

/** Staging tables hold people: those of an import that stopped do not stay. */
function dropStaging({ pool }: StepDeps): HousekeepingStep {
  return {
    name: 'drop-staging',
    everyMs: dayMs,
    occasions: [],
    async execute() {
      return { tables: await dropAbandonedStaging(pool, abandonedAfterMs) };
    },
  };
}

/** After all others, so that their failures are in it. Twice as often as a service looks, so that no look finds it not due yet. */
function sendDueAlerts(deps: AlertDeps): HousekeepingStep {
  return {
    name: alertStep,
    everyMs: minuteMs / 2,
    occasions: ['run-end'],
    async execute({ signal }) {
      return await sendAlerts(deps, signal);
    },
  };
}
