import { setTimeout as sleep } from 'node:timers/promises';
import type { FaultRule } from '../../../simulator/faults/faults.ts';
import { errorTexts } from '../../support/error-texts.ts';
import { beginCli, runCli, summaryOf } from '../../support/program/cli.ts';
import { eventOf, listSend, openStage, type Stage, worldOf } from '../../support/simulator.ts';
import { expectTablesEqualTruth } from '../../support/stored/truth.ts';
import { expectNoWatermarkPastAHole } from '../../support/stored/watermarks.ts';

const jobId = 950;
const secondMs = 1000;
const timeout = { kind: 'error', text: errorTexts.timeout } as const;
/** On the wire a window begins a second early: one of a second is asked for as two, one of two as three. */
const shortestOnWireMs = 2.5 * secondMs;
const onOpens = { objectType: 'OpenEvent', jobId };
const faults: FaultRule[] = [
  { match: { ...onOpens, windowLongerThanMs: shortestOnWireMs }, times: -1, fault: timeout },
  { match: onOpens, skip: 3, times: 2, fault: timeout },
];
const createdAtMs = Math.floor(Date.now() / secondMs) * secondMs - 14 * secondMs;
let stage: Stage;

interface TaskRow {
  id: number;
  root_id: number;
  parent_id: number | null;
  state: string;
  error_code: string | null;
  window_from: Date;
  window_to: Date;
}

async function openTasks(condition = 'true'): Promise<TaskRow[]> {
  const { rows } = await stage.pool.query<TaskRow>(
    `select * from pipeline.extract_tasks where event_type = 'open' and ${condition} order by window_from, id`,
  );
  return rows;
}

async function watermarkMs(): Promise<number> {
  const { rows } = await stage.pool.query<{ watermark: Date }>(
    `select watermark from pipeline.checkpoints where event_type = 'open'`,
  );
  return rows[0]?.watermark.getTime() ?? Number.NaN;
}

function isWithin(tasks: readonly TaskRow[], instantMs: number): boolean {
  return tasks.some(
    ({ window_from: from, window_to: to }) => instantMs >= from.getTime() && instantMs < to.getTime(),
  );
}

/** What happened in a hole may be there: the window after it is asked for from a second before its start. */
async function expectAllBut(holes: readonly TaskRow[]): Promise<void> {
  const { rows } = await stage.pool.query<{ key: string }>(
    'select subscriber_key as key from tracking.open_events',
  );
  const loaded = new Set(rows.map(({ key }) => key));
  await expectTablesEqualTruth(stage.pool, stage.world, {
    expected: (event) => !isWithin(holes, event.occurredAt) || loaded.has(event.subscriberKey ?? ''),
  });
}

beforeAll(async () => {
  // One event in each of ten seconds of a job that was made a few seconds ago.
  const open = Array.from({ length: 10 }, (_, at) =>
    eventOf(jobId, { occurredAt: createdAtMs + at * secondMs + 300, subscriberKey: `${at}@example.com` }),
  );
  const createdAt = new Date(createdAtMs);
  stage = await openStage(worldOf([listSend(jobId, { createdAt, sentAt: createdAt, events: { open } })]), {
    faults,
  });
  stage = { ...stage, env: { ...stage.env, OVERLAP_MINUTES: '0' } };
});
afterAll(() => stage.close());

describe('a window that times out down to single seconds', () => {
  it('is cut into parts that can be read, moves no watermark before all are in, and parks what stays', async () => {
    const sync = beginCli(['sync', '--json'], stage.env);
    const ended = sync.end.then(() => true);
    while (!(await Promise.race([ended, sleep(50)])))
      await expectNoWatermarkPastAHole(stage.pool, stage.world);

    const end = await sync.end;

    expect(end.code).toBe(1);
    expect(summaryOf(end)).toMatchObject({ outcome: 'completed_with_problems', tasks: { parked: 2 } });
    const parked = await openTasks(`state = 'parked'`);
    expect(parked.map((task) => task.error_code)).toEqual(['RETRIEVE_TIMED_OUT', 'RETRIEVE_TIMED_OUT']);
    expect(parked.map((task) => task.window_to.getTime() - task.window_from.getTime())).toEqual([1000, 1000]);
    expect(await watermarkMs()).toBe(parked[0]?.window_from.getTime());
    await expectAllBut(parked);
  });

  it('stands in the ledger with all its parts, without hole or overlap', async () => {
    const [root] = await openTasks('id = root_id');
    const parts = await openTasks('id <> root_id');
    const leaves = parts.filter(({ state }) => state !== 'split');
    const edges = leaves.map(({ window_from: from, window_to: to }) => [from.getTime(), to.getTime()]);

    expect(root).toMatchObject({ state: 'split', parent_id: null });
    expect(new Set(parts.map((part) => part.root_id))).toEqual(new Set([root?.id]));
    const parents = [root, ...parts].filter((task) => task?.state === 'split');
    for (const parent of parents) {
      const own = parts.filter((part) => part.parent_id === parent?.id);
      expect(own.length).toBeGreaterThan(1);
      expect([own[0]?.window_from, own.at(-1)?.window_to]).toEqual([parent?.window_from, parent?.window_to]);
    }
    expect(edges.slice(1).map(([from]) => from)).toEqual(edges.slice(0, -1).map(([, to]) => to));
    expect([edges[0]?.[0], edges.at(-1)?.[1]]).toEqual([
      root?.window_from.getTime(),
      root?.window_to.getTime(),
    ]);
  });

  it('is listed with what to do about it', async () => {
    const { stdout, code } = await runCli(['tasks', '--parked'], stage.env);
    expect(code).toBe(0);
    expect(stdout).toMatch(/RETRIEVE_TIMED_OUT: even its narrowest part times out: .*`tasks accept`/u);
  });
});

describe('a parked span', () => {
  it('that a person accepts lets the watermark pass to the next one', async () => {
    const [first, second] = await openTasks(`state = 'parked'`);
    const { code } = await runCli(
      ['tasks', 'accept', String(first?.id), '--reason', 'loaded from a tracking extract', '--by', 'anna'],
      stage.env,
    );

    expect(code).toBe(0);
    expect(await openTasks(`state = 'accepted' and accepted_by = 'anna'`)).toHaveLength(1);
    expect(await watermarkMs()).toBe(second?.window_from.getTime());
  });

  it('that a person has tried again is loaded by the next sync, and the watermark passes', async () => {
    stage.simulator.setFaults([]);
    const [second] = await openTasks(`state = 'parked'`);
    const { code } = await runCli(['tasks', 'retry', String(second?.id)], stage.env);
    const end = await runCli(['sync', '--json'], stage.env);

    expect({ retry: code, sync: end.code }).toEqual({ retry: 0, sync: 0 });
    const accepted = await openTasks(`state = 'accepted'`);
    expect(await openTasks(`state not in ('done', 'split', 'accepted')`)).toEqual([]);
    await expectAllBut(accepted);
    const { rows } = await stage.pool.query<{ at: Date }>(
      `select date_trunc('second', max(started_at)) as at from pipeline.runs`,
    );
    expect(await watermarkMs()).toBe(rows[0]?.at.getTime());
  });
});
