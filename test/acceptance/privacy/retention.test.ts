import { runCli, summaryOf } from '../../support/program/cli.ts';
import { dayMs } from '../../support/clock.ts';
import { eventOf, listSend, openStage, type Stage, worldOf } from '../../support/simulator.ts';
import { countRows } from '../../support/stored/truth.ts';

// Two whole months are kept besides the current one, so a hundred days is always before them.
const oldAt = Math.floor(Date.now() / 1000) * 1000 - 100 * dayMs;
const youngAt = Math.floor(Date.now() / 1000) * 1000 - dayMs;
const createdAt = new Date(oldAt - dayMs);
const range = [
  '--from',
  new Date(oldAt - 2 * dayMs).toISOString().slice(0, 10),
  '--to',
  new Date().toISOString(),
];
let stage: Stage;

beforeEach(async () => {
  const opens = [oldAt, oldAt + 1000, youngAt].map((occurredAt) =>
    eventOf(901, { occurredAt, availableAt: occurredAt }),
  );
  stage = await openStage(
    worldOf([listSend(901, { createdAt, sentAt: createdAt, events: { open: opens } })]),
  );
});
afterEach(() => stage.close());

const openRows = async () => (await countRows(stage.pool)).open;

async function backfill(env: Readonly<Record<string, string>>) {
  const end = await runCli(['backfill', ...range, '--events', 'open', '--json'], { ...stage.env, ...env });
  expect({ code: end.code, stderr: end.stderr }).toMatchObject({ code: 0 });
  return summaryOf(end).events['open'];
}

describe('RETENTION_MONTHS', () => {
  it('drops the months before it at the end of a run, and a backfill does not load them again', async () => {
    expect(await backfill({})).toMatchObject({ inserted: 3 });
    expect(await openRows()).toBe(3);
    expect(await backfill({ RETENTION_MONTHS: 'open=2' })).toMatchObject({ inserted: 0 });
    expect(await openRows()).toBe(1);
    expect(await backfill({ RETENTION_MONTHS: '2' })).toEqual({ records: 3, inserted: 0, rejected: 0 });
    expect(await openRows()).toBe(1);
    const { rows } = await stage.pool.query('select open_events::int as opens from tracking.job_totals');
    expect(rows).toEqual([{ opens: 3 }]);
  });

  it.each(['0', 'open', 'open=2,open=3', 'mail=2', '2,open=3'])('is refused as %s', async (text) => {
    const { code, stderr } = await runCli(['status'], { ...stage.env, RETENTION_MONTHS: text });
    expect(code).toBe(2);
    expect(stderr).toContain('RETENTION_MONTHS is');
  });
});
