import {
  executeSteps,
  Housekeeper,
  type HousekeepingStep,
} from '../../../src/operations/housekeeping/housekeeper.ts';
import { housekeepingSteps } from '../../../src/operations/housekeeping/steps.ts';
import { sleep } from '../../../src/pipeline/backoff.ts';
import { readStepRecords, type StepRecord } from '../../../src/store/housekeeping.ts';
import { createPool } from '../../../src/store/connection/pool.ts';
import { openPrivacy } from '../../../src/pipeline/privacy.ts';
import { createPartitionKeeper } from '../../../src/store/load/partitions.ts';
import { dayMs, eventually } from '../../support/clock.ts';
import { openStore, type Store } from '../../support/stored/ledger.ts';
import { recordingLogger } from '../../support/logger.ts';
import { openNetwork } from '../../support/outside/silent-network.ts';

let store: Store;
beforeAll(async () => {
  store = await openStore(8);
});
beforeEach(() => store.pool.query('truncate pipeline.housekeeping_steps'));
afterAll(() => store.close());

const never = new AbortController().signal;

/** A process, with the lines that it logs. */
function createProcess(processId = 7) {
  const logger = recordingLogger();
  return { pool: store.pool, processId: () => processId, sleep, logger };
}

interface TestStep extends HousekeepingStep {
  executions: number;
}

/** A step that counts its executions. */
function createStep(changes: Partial<HousekeepingStep> = {}): TestStep {
  const { execute, ...rest } = changes;
  const step: TestStep = {
    ...{ name: 'test', everyMs: dayMs, occasions: [], executions: 0, ...rest },
    async execute(circumstances) {
      step.executions += 1;
      return (await execute?.(circumstances)) ?? { rows: step.executions };
    },
  };
  return step;
}

async function record(step = 'test'): Promise<StepRecord | undefined> {
  return (await readStepRecords(store.pool)).find((known) => known.step === step);
}

async function locksHeld(): Promise<number> {
  const { rowCount } = await store.pool.query(
    `select from pg_locks where locktype = 'advisory' and granted
       and database = (select oid from pg_database where datname = current_database())`,
  );
  return rowCount ?? 0;
}

/** As if the last execution had been that long ago. */
async function age(ms: number): Promise<void> {
  await store.pool.query(
    `update pipeline.housekeeping_steps set started_at = started_at - make_interval(secs => $1)`,
    [ms / 1000],
  );
}

describe('a housekeeping step', () => {
  it('is executed when it is due, and not again before its interval is over, by whichever process', async () => {
    const step = createStep();
    await executeSteps([step], 'due', createProcess(), never);
    await executeSteps([step], 'due', createProcess(8), never);
    expect(step.executions).toBe(1);
    expect(await record()).toMatchObject({ processId: 7, failure: null });
    expect((await record())?.succeededAt).toBeInstanceOf(Date);

    await age(dayMs);
    await executeSteps([step], 'due', createProcess(8), never);
    expect(step.executions).toBe(2);
    const { rows } = await store.pool.query('select process_id, result from pipeline.housekeeping_steps');
    expect(rows).toEqual([{ process_id: 8, result: { rows: 2 } }]);
  });

  it('that fails is noted and logged, keeps none of the others, and is executed again after ten minutes', async () => {
    const failing = createStep({ execute: () => Promise.reject(new Error('no space')) });
    const other = createStep({ name: 'other' });
    const process = createProcess();
    await executeSteps([failing, other], 'due', process, never);

    expect(await record()).toMatchObject({ failure: 'no space', succeededAt: null });
    expect(process.logger.lines).toMatchObject([
      { level: 'error', message: 'housekeeping step failed', fields: { step: 'test' } },
      { message: 'housekeeping step finished', fields: { step: 'other', rows: 1 } },
    ]);
    await age(9 * 60_000);
    await executeSteps([failing, other], 'due', process, never);
    await age(60_000);
    await executeSteps([failing, other], 'due', process, never);
    expect([failing.executions, other.executions]).toEqual([2, 1]);
  });

  it('that another process executes is left to it when due, and waited for on its occasion', async () => {
    const held = Promise.withResolvers<Record<string, number>>();
    const slow = createStep({ execute: () => held.promise });
    const first = executeSteps([slow], 'due', createProcess(), never);
    await eventually('the first execution', () => slow.executions === 1);

    const step = createStep({ occasions: ['run-end'] });
    await executeSteps([step], 'due', createProcess(8), never);
    expect(step.executions).toBe(0);

    const waits = Promise.withResolvers<undefined>();
    const waiting = {
      ...createProcess(8),
      sleep: async (ms: number, signal: AbortSignal) => {
        waits.resolve(undefined);
        await sleep(ms, signal);
      },
    };
    const second = executeSteps([step], 'run-end', waiting, never);
    await waits.promise;
    expect(step.executions).toBe(0);
    held.resolve({});
    await Promise.all([first, second]);
    expect(step.executions).toBe(1);
  });

  it('whose process is suspended as soon as it has the lock is executed by another one after a while', async () => {
    const network = await openNetwork(store.url);
    const suspended = createPool({ databaseUrl: network.url, connectionsMax: 1, applicationName: 'test' });
    const step = createStep({ occasions: ['start'] });
    network.fallSilentAfter('pg_try_advisory_lock');
    const hanging = executeSteps([step], 'start', { ...createProcess(), pool: suspended }, never);
    try {
      await eventually('the lock to be held', async () => (await locksHeld()) === 1);
      await executeSteps([step], 'start', createProcess(8), never);
      expect(step.executions).toBe(1);
      expect((await record())?.processId).toBe(8);
    } finally {
      await network.close();
      await hanging;
      await suspended.end();
    }
  });

  it('that is stopped midway stays unfinished, so that the next process executes it again', async () => {
    const stopping = new AbortController();
    const stopped = createStep({
      execute: ({ signal }) => {
        stopping.abort(new Error('draining'));
        signal.throwIfAborted();
        return Promise.resolve({});
      },
    });
    const process = createProcess();
    await executeSteps([stopped], 'due', process, stopping.signal);
    expect(await record()).toMatchObject({ finishedAt: null, failure: null, succeededAt: null });
    expect(process.logger.lines).toEqual([]);

    const step = createStep();
    await executeSteps([step], 'due', createProcess(8), never);
    expect(step.executions).toBe(1);
  });

  it('of another occasion is left out', async () => {
    const steps = [
      createStep({ occasions: ['start'] }),
      createStep({ name: 'other', occasions: ['run-end'] }),
    ];
    await executeSteps(steps, 'run-end', createProcess(), never);
    expect(steps.map(({ executions }) => executions)).toEqual([0, 1]);
  });
});

describe('a service', () => {
  it('executes what is due and what belongs to its start, then what an occasion asks for, until it is stopped', async () => {
    const begins = createStep({ name: 'begins', occasions: ['start'] });
    const due = createStep({ name: 'due' });
    const ending = createStep({ name: 'ending', occasions: ['run-end'] });
    const housekeeper = new Housekeeper(createProcess());
    housekeeper.start([begins, due, ending]);
    await eventually('all three', () => [begins, due, ending].every(({ executions }) => executions === 1));
    await housekeeper.on('run-end');
    await housekeeper.stop();
    await housekeeper.on('run-end');
    expect([begins, due, ending].map(({ executions }) => executions)).toEqual([1, 1, 2]);
  });

  it('makes the months ahead, refreshes and checks the rollups', async () => {
    const { pool } = store;
    const process = createProcess();
    const steps = housekeepingSteps({
      ...{ pool, partitions: createPartitionKeeper({ pool }), eventTables: ['open_events'] },
      ...{ logger: process.logger, now: () => new Date('2031-01-01T00:00:00Z') },
      ...{ retention: new Map(), ledgerMs: 90 * dayMs, privacy: await openPrivacy(pool, undefined) },
    });
    await executeSteps(steps, 'due', process, never);

    expect((await readStepRecords(pool)).map(({ step, failure }) => [step, failure])).toEqual([
      ['check-rollups', null],
      ['compare-counters', null],
      ['drop-months', null],
      ['drop-staging', null],
      ['make-partitions', null],
      ['prune-ledger', null],
      ['refresh-rollups', null],
      ['sample-status', null],
      ['settle-rejected', null],
    ]);
    const { rows } = await pool.query(
      `select to_regclass('tracking.open_events_y2031m03') is not null as made`,
    );
    expect(rows).toEqual([{ made: true }]);
  });
});
