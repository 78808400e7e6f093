import { runCli, startCli } from '../../support/program/cli.ts';
import { eventually } from '../../support/clock.ts';
import { accountId, listSend, openStage, type Stage, worldOf } from '../../support/simulator.ts';
import { startWebhook, type WebhookReceiver } from '../../support/outside/webhook.ts';

const counts = { sent: 20, open: 10, click: 6 };
let stage: Stage;
let webhook: WebhookReceiver;
let env: Readonly<Record<string, string>>;

beforeEach(async () => {
  webhook = await startWebhook();
  stage = await openStage(worldOf([listSend(701, { counts })]));
  env = { ...stage.env, ALERT_WEBHOOK_URL: webhook.url, SFMC_ACCOUNT_IDS: String(accountId) };
});
afterEach(async () => {
  await stage.close();
  await webhook.close();
});

function refuseClicks(): void {
  const text = 'Error: API Permission Failed for anna@example.com.';
  stage.simulator.setFaults([
    { match: { objectType: 'ClickEvent' }, times: -1, fault: { kind: 'error', text } },
  ]);
}

describe('alerts', () => {
  it('come once when a task is parked, and once when that is over; no person and no secret is in them', async () => {
    refuseClicks();
    expect((await runCli(['sync'], env)).code).toBe(1);
    expect(webhook.texts).toHaveLength(1);
    expect(webhook.texts[0]).toMatch(
      /^ALERT: Account Example \(7000001\), click: (1 task is|2 tasks are) parked/mu,
    );

    expect((await runCli(['sync'], env)).code).toBe(1);
    expect(webhook.texts).toHaveLength(1);

    stage.simulator.setFaults([]);
    await runCli(['tasks', 'retry', '--all'], env);
    expect((await runCli(['sync'], env)).code).toBe(0);
    expect(webhook.texts).toHaveLength(2);
    expect(webhook.texts[1]).toMatch(
      /^Over: Account Example \(7000001\), click: (1 task is|2 tasks are) parked.* \(from .* UTC\)$/mu,
    );
    expect((await runCli(['sync'], env)).code).toBe(0);
    expect(webhook.texts).toHaveLength(2);
    expect(webhook.texts.join('\n')).not.toMatch(/@|simulator-|secret/u);
  });

  it('are sent again until the webhook accepts them, and do not make a run fail', async () => {
    webhook.respondWith(503);
    const end = await runCli(['sync'], { ...env, SFMC_CLIENT_SECRET: 'wrong-secret-of-package' });
    expect(end.code).toBe(3);
    expect(webhook.requests()).toBe(1);
    expect(end.stderr).toContain('the webhook responded with HTTP 503');
    expect(`${end.stdout}${end.stderr}`).not.toContain('very-secret-hook');

    webhook.respondWith(200);
    await runCli(['sync'], { ...env, SFMC_CLIENT_SECRET: 'wrong-secret-of-package' });
    expect(webhook.texts).toHaveLength(1);
    expect(webhook.texts[0]).toMatch(/ALERT: The last sync .* was halted/u);
    expect(webhook.texts[0]).toContain('ALERT: Account 7000001: its credentials are refused.');
  });

  it('come from serve when the gate closes, and from one of two processes only', async () => {
    await stage.pool.query(
      `update pipeline.system_status set gate = 'closed', system_status = 'InMaintenance', closed_at = now(),
         reason = 'Marketing Cloud reports InMaintenance', next_check_at = now() + interval '1 hour'`,
    );
    const services = [startCli(['serve'], env), startCli(['serve'], env)];
    // Both have looked for what is due when both have executed, or found executed, the last of the steps.
    await eventually('the alert', () => webhook.texts.length > 0);
    await eventually('both processes', async () => {
      const { rows } = await stage.pool.query<{ count: number }>(
        'select count(*)::int as count from pipeline.processes where ended_at is null',
      );
      return rows[0]?.count === 2;
    });
    for (const service of services) service.signal('SIGTERM');
    for (const { code } of await Promise.all(services.map(({ end }) => end))) expect(code).toBe(0);
    expect(webhook.texts).toHaveLength(1);
    expect(webhook.texts[0]).toMatch(/ALERT: Gate: CLOSED since/u);
  });

  it('test sends one message; exit 1 where it is not accepted, 2 where no webhook is set', async () => {
    expect(await runCli(['alerts', 'test'], env)).toMatchObject({
      code: 0,
      stdout: 'the webhook accepted the message\n',
    });
    expect(webhook.texts).toHaveLength(1);
    webhook.respondWith(404);
    const refused = await runCli(['alerts', 'test'], env);
    expect(refused.code).toBe(1);
    expect(refused.stderr).toContain('HTTP 404');
    await webhook.close();
    const gone = await runCli(['alerts', 'test'], env);
    expect(gone.code).toBe(1);
    expect(gone.stderr).toContain('ECONNREFUSED');
    expect(`${refused.stderr}${gone.stderr}`).not.toContain('very-secret-hook');
    const { code, stderr } = await runCli(['alerts', 'test'], { ...env, ALERT_WEBHOOK_URL: '' });
    expect({ code, stderr }).toMatchObject({ code: 2 });
    expect(stderr).toContain('ALERT_WEBHOOK_URL is not set');
  });
});
