import fs from 'node:fs';
import { runCli } from '../../support/program/cli.ts';
import { type ExtractStage, openExtractStage, withoutImportLines } from '../../support/extract-stage.ts';
import { listSend, worldOf } from '../../support/simulator.ts';
import { findSystemProgram } from '../../support/outside/system-program.ts';

const sshd = findSystemProgram('sshd');
const describeWithSshd = sshd === undefined ? describe.skip : describe;

const world = worldOf([
  listSend(911, { counts: { sent: 200, open: 120, click: 60 }, equalEvery: 10 }),
  listSend(912, { counts: { sent: 80, open: 40 } }),
]);

describeWithSshd('reconcile --with-extract', () => {
  let stage: ExtractStage;

  beforeEach(async () => {
    stage = await openExtractStage(sshd ?? '', world);
    expect((await runCli(['sync'], stage.env)).code).toBe(0);
  });
  afterEach(() => stage.close());

  const reconcile = (...options: string[]) => runCli(['reconcile', '--with-extract', ...options], stage.env);

  it('finds no difference after a sync, changes no event, and leaves no file', async () => {
    const end = await reconcile();
    expect({ code: end.code, stderr: withoutImportLines(end.stderr) }).toEqual({ code: 0, stderr: '' });
    expect(end.stdout).toMatch(
      /5 comparisons of a job and event type: .* 0 missing, 0 that extracts do not have/u,
    );
    expect(fs.readdirSync(stage.server.folder)).toEqual([]);
    const { rows } = await stage.pool.query(
      `select count(*)::int as rows from tracking.open_events where file_digits is not null`,
    );
    expect(rows).toEqual([{ rows: 0 }]);
  });

  it('lists what SOAP lacks and what the extract lacks by job and type, with exit code 1', async () => {
    await stage.pool.query(
      `delete from tracking.open_events where job_id = 912 and occurred_at <= (
         select occurred_at from tracking.open_events where job_id = 912 order by occurred_at offset 2 limit 1)`,
    );
    await stage.pool.query(`update tracking.click_events set subscriber_key = 'x' where occurred_at = (
      select min(occurred_at) from tracking.click_events)`);
    const end = await reconcile('--json');
    expect(end.code).toBe(1);
    const report: unknown = JSON.parse(end.stdout.trimEnd().split('\n').at(-1) ?? '');
    expect(report).toMatchObject({
      differences: [
        expect.objectContaining({ jobId: 912, eventType: 'open', missing: 3, surplus: 0 }),
        expect.objectContaining({ jobId: 911, eventType: 'click', missing: 1, surplus: 1 }),
      ],
    });
    const one = await reconcile('--jobs', '911', '--events', 'open');
    expect({ code: one.code, missing: one.stdout.includes('0 missing') }).toEqual({ code: 0, missing: true });
  });

  it('does not count what a file brought as loaded', async () => {
    await stage.pool.query('update tracking.sent_events set file_digits = 3 where job_id = 912');
    const end = await reconcile('--events', 'sent');
    expect(end.code).toBe(1);
    expect(end.stdout).toMatch(/912 +sent +80 +0 +80 +0/u);
  });
});
