import type { FaultRule } from '../../../simulator/faults/faults.ts';
import { runCli, startCli } from '../../support/program/cli.ts';
import { eventually } from '../../support/clock.ts';
import { openStage, type Stage, worldOf } from '../../support/simulator.ts';
import {
  closedJob,
  olderJob,
  openedAt,
  pretendNightPassed,
  pretendReadInFull,
  tailJobs,
  tailRows,
} from '../../support/tail/tail.ts';
import { expectTablesEqualTruth } from '../../support/stored/truth.ts';

let stage: Stage;

beforeAll(async () => {
  stage = await openStage(worldOf(tailJobs()));
  await sync();
  await pretendReadInFull(stage.pool);
});
afterAll(() => stage.close());

const env = () => ({ ...stage.env, TAIL: 'auto', PAGE_SIZE: '3' });
const sync = () => runCli(['sync', '--json'], env());

/** Opens of old jobs and of one that is not known, all within the last hours. */
function addOpens(label: string, count: number): void {
  const opens = Array.from({ length: count }, (_, at) =>
    openedAt([closedJob, olderJob, 160][at % 3] ?? 0, 20 + at, { subscriberKey: `${label} ${at}` }),
  );
  stage.world.addEvents('open', opens);
}

it('a sync that is killed within a window of the tail loses and doubles nothing, and the next one goes on', async () => {
  const { pool, world, simulator } = stage;
  await pretendNightPassed(pool);
  addOpens('killed', 30);
  simulator.setFaults([{ match: { by: 'date', objectType: 'OpenEvent', page: 3 }, fault: { kind: 'hang' } }]);
  const before = await tailRows(pool);
  const killed = startCli(['sync', '--json'], env());
  await eventually('two pages of the tail', async () => {
    const { rows } = await pool.query(
      `select from pipeline.extract_tasks
       where kind = 'tail' and event_type = 'open' and state = 'running' and pages = 2`,
    );
    return rows.length > 0;
  });
  killed.signal('SIGKILL');
  await killed.end;
  expect(await tailRows(pool)).toEqual(
    expect.arrayContaining(before.filter((row) => row.event_type === 'open')),
  );
  const end = await sync();

  expect(end.code).toBe(0);
  await expectTablesEqualTruth(pool, world);
  const { rows: open } = await pool.query('select from pipeline.extract_tasks where settled_at is null');
  expect(open).toEqual([]);
});

it('a window of the tail that meets every kind of fault of its pages is exact', async () => {
  const { pool, world, simulator } = stage;
  await pretendNightPassed(pool);
  addOpens('faulty', 30);
  const faults: FaultRule['fault'][] = [
    { kind: 'lost-response' },
    { kind: 'truncate' },
    { kind: 'reset-mid-body' },
    { kind: 'soapFault', which: 'token-expired' },
    { kind: 'error', text: 'The RequestID sent through ContinueRequest does not exist.' },
    { kind: 'empty-more' },
  ];
  const rules: FaultRule[] = faults.map((fault, at) => ({
    match: { by: 'date', objectType: 'OpenEvent', page: at + 2 },
    fault,
  }));
  simulator.setFaults(rules);
  const end = await sync();

  expect(end.code).toBe(0);
  await expectTablesEqualTruth(pool, world);
  const marks = await tailRows(pool);
  expect(new Set(marks.map(({ covered_to: to }) => to.getTime())).size).toBe(1);
});
