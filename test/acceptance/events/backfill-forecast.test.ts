import { runCli, summaryOf } from '../../support/program/cli.ts';
import { ago, dayMs, eventually, hourMs } from '../../support/clock.ts';
import { runInProcess } from '../../support/program/in-process-cli.ts';
import { listSend, openStage, type Stage, worldOf } from '../../support/simulator.ts';
import { countRows } from '../../support/stored/truth.ts';

const createdAt = ago(3 * dayMs);
const spec = { createdAt, sentAt: new Date(createdAt.getTime() + hourMs), counts: { sent: 400 } };
const range = ['--from', ago(4 * dayMs).toISOString(), '--to', ago(hourMs).toISOString(), '--events', 'sent'];
let stage: Stage;

beforeEach(async () => {
  stage = await openStage(worldOf([listSend(801, spec), listSend(802, spec)]));
});
afterEach(() => stage.close());

const forecastOf = async (env: Readonly<Record<string, string>> = {}) => {
  const end = await runCli(['backfill', ...range, '--dry-run', '--json'], { ...stage.env, ...env });
  expect({ code: end.code, stderr: end.stderr }).toEqual({ code: 0, stderr: '' });
  const parsed: unknown = JSON.parse(end.stdout);
  return parsed;
};

describe('backfill --dry-run', () => {
  it('says what the backfill then does, and requests and writes nothing', async () => {
    // Discovers the jobs.
    expect((await runCli(['sync', '--events', 'open'], stage.env)).code).toBe(0);
    const before = stage.simulator.requests.length;
    const env = { PAGE_SIZE: '50', YEARLY_API_CALLS: '1600' };
    const forecast = await forecastOf(env);
    expect(stage.simulator.requests).toHaveLength(before);
    expect(await countRows(stage.pool)).toMatchObject({ sent: 0 });
    expect(forecast).toMatchObject({ dryRun: true, jobs: 2, events: 800 });

    const summary = summaryOf(await runCli(['backfill', ...range, '--json'], { ...stage.env, ...env }));
    expect(summary.events['sent']).toMatchObject({ records: 800 });
    expect(forecast).toHaveProperty('bytes', 240_000);
  });

  it('needs no credentials, and says so where no job is known', async () => {
    const { DATABASE_URL } = stage.env;
    const end = await runCli(['backfill', ...range, '--dry-run'], { DATABASE_URL });
    expect(end.code).toBe(0);
    expect(end.stdout).toMatch(
      /^No job is known that may have events in this range: `.*sync` discovers jobs/u,
    );
    expect(end.stdout).toContain('Nothing was requested or written.');
  });
});

describe('backfill --until', () => {
  it('ends at the next such time of day with exit 130, and the same command goes on', async () => {
    // The clock stands a second before a full minute, so that the end comes a second after it was computed.
    const end = new Date(Math.ceil(Date.now() / 60_000) * 60_000);
    const now = () => new Date(end.getTime() - 1000);
    const args = ['backfill', ...range, '--json'];
    const env = { ...stage.env, PAGE_SIZE: '50' };
    const hold = stage.simulator.holdAfter(4);
    const noticed: number[] = [];
    const stderr = { write: (text: string) => text.startsWith('ends at') && noticed.push(Date.now()) };
    const until = ['--until', end.toISOString().slice(11, 16)];
    const ending = runInProcess([...args, ...until], { env, now, stderr });
    await eventually('the time of day', () => Date.now() > (noticed[0] ?? Infinity) + 1500);
    hold.release();
    expect(await ending).toBe(130);
    expect((await countRows(stage.pool)).sent).toBeLessThan(800);

    const rest = await runCli(args, env);
    expect(rest.code).toBe(0);
    expect((await countRows(stage.pool)).sent).toBe(800);
  });

  it('and a range that is over are understood before anything begins', async () => {
    const wrong = await runCli(['backfill', ...range, '--until', '25:00'], stage.env);
    expect(wrong.code).toBe(2);
    expect(wrong.stderr).toContain('--until is 25:00: a time of day');
    const old = ['backfill', '--from', '2019-01-01', '--to', '2019-02-01', '--events', 'sent'];
    const refused = await runCli(old, stage.env);
    expect(refused.code).toBe(2);
    expect(refused.stderr).toContain('--force requests it all the same');
    const forced = await runCli([...old, '--force'], stage.env);
    expect(forced.code).toBe(0);
    expect(forced.stderr).toMatch(/--from is 2019-01-01: Marketing Cloud keeps events for 730 days/u);
  });
});
