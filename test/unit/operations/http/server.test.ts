import {
  startStatusServer,
  type StatusServer,
  type StatusServerOptions,
} from '../../../../src/operations/http/server.ts';
import type { Logger } from '../../../../src/logger.ts';
import type { StatusReport } from '../../../../src/store/status/report.ts';

const ignore = () => undefined;
const logger: Logger = { debug: ignore, info: ignore, warn: ignore, error: ignore };
const at = new Date('2026-07-01T02:00:00Z');

const report: StatusReport = {
  reportedAt: at,
  accounts: [
    { accountId: 7000001, state: 'refused', refusedReason: '<b>Login Failed</b>', jobsDiscoveredUntil: null },
  ],
  eventTypes: [
    {
      accountId: 7000001,
      eventType: 'open',
      watermark: new Date('2026-07-01T00:00:00Z'),
      lagSeconds: 7200,
      checkpoints: { open: 3, complete: 0, closed: 1 },
      openTasks: 2,
      parkedTasks: 1,
      rejectedRecords: 4,
    },
  ],
  gate: { state: 'open', systemStatus: 'OK', reason: null, closedAt: null, nextCheckAt: null },
  runs: [],
  processes: [],
};

const servers: StatusServer[] = [];
async function serve(options: Partial<StatusServerOptions> = {}): Promise<StatusServer> {
  const server = await startStatusServer({
    host: '127.0.0.1',
    port: 0,
    readReport: () => Promise.resolve(report),
    logger,
    now: () => at,
    ...options,
  });
  servers.push(server);
  return server;
}
afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.stop()));
});

async function ask(url: string, init?: RequestInit): Promise<[status: number, body: string]> {
  const answer = await fetch(url, { redirect: 'manual', ...init });
  return [answer.status, await answer.text()];
}

describe('startStatusServer', () => {
  it('answers probes, metrics, the page and the report', async () => {
    const { url } = await serve();
    expect(await ask(`${url}/healthz`)).toEqual([200, 'alive\n']);
    expect(await ask(`${url}/readyz`)).toEqual([200, 'ready\n']);
    const [, metrics] = await ask(`${url}/metrics`);
    expect(metrics).toContain(
      'sfmc_tracking_watermark_lag_seconds{account_id="7000001",event_type="open"} 7200',
    );
    expect((await ask(`${url}/api/status`))[1]).toBe(JSON.stringify(report));
    expect((await ask(`${url}/`))[1]).toContain('2 h 0 min');
    expect((await ask(`${url}/elsewhere`))[0]).toBe(404);
  });

  it('shows what Marketing Cloud said as text, never as markup', async () => {
    const { url } = await serve();
    expect((await ask(`${url}/`))[1]).not.toContain('<b>');
  });

  it('is alive but not ready while the database is away or the data overdue', async () => {
    const away = await serve({ readReport: () => Promise.reject(new Error('gone')) });
    expect(await ask(`${away.url}/healthz`)).toEqual([200, 'alive\n']);
    expect((await ask(`${away.url}/readyz`))[0]).toBe(503);
    const late = await serve({ findProblem: () => Promise.resolve('data overdue since 03:00') });
    expect(await ask(`${late.url}/readyz`)).toEqual([503, 'data overdue since 03:00\n']);
  });

  it('gives everything but the probes only to who knows the token', async () => {
    const { url } = await serve({ token: 'open-sesame' });
    for (const path of ['/', '/metrics', '/api/status']) expect((await ask(`${url}${path}`))[0]).toBe(401);
    for (const path of ['/healthz', '/readyz']) expect((await ask(`${url}${path}`))[0]).toBe(200);
    const headers = { authorization: 'Bearer open-sesame' };
    expect((await ask(`${url}/metrics`, { headers }))[0]).toBe(200);
    expect((await ask(`${url}/metrics`, { headers: { authorization: 'Bearer other' } }))[0]).toBe(401);
  });

  it('takes the token once in the page and keeps a cookie that is not the token', async () => {
    const { url } = await serve({ token: 'open-sesame' });
    const body = new URLSearchParams({ token: 'open-sesame' });
    const answer = await fetch(url, { method: 'POST', body, redirect: 'manual' });
    const cookie = answer.headers.get('set-cookie') ?? '';
    expect([answer.status, cookie.includes('open-sesame')]).toEqual([303, false]);
    expect((await ask(url, { headers: { cookie: cookie.split(';')[0] ?? '' } }))[0]).toBe(200);
    expect((await ask(url, { method: 'POST', body: new URLSearchParams({ token: 'no' }) }))[0]).toBe(401);
  });

  it('refuses to change anything', async () => {
    const { url } = await serve();
    expect((await ask(`${url}/api/status`, { method: 'POST' }))[0]).toBe(405);
  });

  it('says which setting to change when the port is taken', async () => {
    const { port } = await serve();
    await expect(serve({ port })).rejects.toThrow(`HTTP_PORT is ${port}: that port is taken on 127.0.0.1`);
  });
});
