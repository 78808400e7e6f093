import http from 'node:http';
import {
  startStatusServer,
  type StatusServer,
  type StatusServerOptions,
} from '../../../../src/operations/http/server.ts';
import type { Logger } from '../../../../src/logger.ts';
import { recordingLogger } from '../../../support/logger.ts';
import {
  eventTypeStatus,
  overviewOf,
  reportedAt,
  statusReport,
} from '../../../support/stored/status-report.ts';

const ignore = () => undefined;
const nothing = () => Promise.resolve(undefined);
const logger: Logger = { debug: ignore, info: ignore, warn: ignore, error: ignore };
const report = statusReport({
  accounts: [
    {
      ...{ accountId: 7000001, name: '<i>Acme</i>', state: 'refused', refusedReason: '<b>Login Failed</b>' },
      ...{ jobsDiscoveredUntil: null, reduced: null },
    },
  ],
  eventTypes: [eventTypeStatus({ openTasks: 2, parkedTasks: 1, rejectedRecords: 4 })],
});

const servers: StatusServer[] = [];
async function serve(options: Partial<StatusServerOptions> = {}): Promise<StatusServer> {
  const server = await startStatusServer({
    host: '127.0.0.1',
    port: 0,
    readReport: () => Promise.resolve(report),
    pages: {
      readOverview: (one) => Promise.resolve(overviewOf(one)),
      readRun: nothing,
      readTask: nothing,
      readJob: nothing,
      readAccountJobs: () => Promise.resolve([]),
    },
    readProblem: () => undefined,
    logger,
    now: () => reportedAt,
    sleep: () => Promise.resolve(),
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

/** The status of a request whose target nobody has put right. */
function statusOf(port: number, target: string): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const request = http.request({ port, host: '127.0.0.1', path: target }, (response) => {
      response.resume();
      resolve(response.statusCode);
    });
    request.on('error', reject);
    request.end();
  });
}

describe('startStatusServer', () => {
  it('serves probes, metrics, the page and the report', async () => {
    const { url } = await serve();
    expect(await ask(`${url}/healthz`)).toEqual([200, 'alive\n']);
    expect(await ask(`${url}/readyz`)).toEqual([200, 'ready\n']);
    const [, metrics] = await ask(`${url}/metrics`);
    expect(metrics).toContain(
      'sfmc_tracking_watermark_lag_seconds{account_id="7000001",event_type="open"} 7200',
    );
    expect((await ask(`${url}/api/status`))[1]).toBe(JSON.stringify(overviewOf(report)));
    expect(metrics).toContain('sfmc_tracking_last_completed_timestamp_seconds{kind="sync"} 1782951600');
    const [, page] = await ask(`${url}/`);
    expect(page).toContain('Complete up to 2026-07-02 00:00 UTC for open, no holes.');
    expect(page).toContain('Next sync at 2026-07-03 00:15 UTC');
    expect(page).toContain('2 h');
    expect((await ask(`${url}/elsewhere`))[0]).toBe(404);
  });

  it('has a page and its data for an account, and none for what does not exist', async () => {
    const { url } = await serve();
    expect((await ask(`${url}/accounts/7000001`))[1]).toContain(
      '<h1>Account &#60;i&#62;Acme&#60;/i&#62; (7000001)</h1>',
    );
    expect((await ask(`${url}/api/accounts/7000001`))[1]).toContain('"refusedReason":"<b>Login Failed</b>"');
    for (const path of ['/accounts/7', '/runs/1', '/tasks/1', '/jobs/1/2', '/jobs/1', '/runs/1/2', '/runs/x'])
      expect((await ask(`${url}${path}`))[0]).toBe(404);
  });

  it('lets a browser run and load nothing but its own style sheet and script', async () => {
    const { url } = await serve();
    const { headers } = await fetch(url);
    expect(headers.get('content-security-policy')).toBe(
      "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src data:; " +
        "form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    );
    const [, page] = await ask(url);
    expect(page).not.toMatch(/ style=|<style| on[a-z]+=|<script(?! src="\/page\.js")/u);
    for (const path of ['/page.css', '/page.js']) expect((await ask(`${url}${path}`))[0]).toBe(200);
  });

  it('tells open pages when the report changes, and when the database is away', async () => {
    const reports = [report, statusReport(), new Error('gone')];
    let reading = 0;
    let nowMs = 0;
    const { url } = await serve({
      liveEveryMs: 5,
      now: () => new Date((nowMs += 2000)),
      readReport: () => {
        const next = reports[Math.min((reading += 1) - 1, reports.length - 1)];
        return next instanceof Error || next === undefined
          ? Promise.reject(new Error('gone'))
          : Promise.resolve(next);
      },
    });
    const { body } = await fetch(`${url}/events`);
    let seen = '';
    for await (const chunk of body ?? []) {
      seen += Buffer.from(chunk).toString();
      if (seen.includes('away')) break;
    }
    expect(seen).toMatch(
      /^retry: 3000\n\nevent: changed\ndata: \n\nevent: changed\ndata: \n\nevent: away\n/u,
    );
  });

  it('shows what Marketing Cloud said as text, never as markup', async () => {
    const { url } = await serve();
    expect((await ask(`${url}/`))[1]).not.toContain('<b>');
  });

  it('is alive but not ready while the database is away or the data overdue', async () => {
    const away = await serve({ readReport: () => Promise.reject(new Error('gone')) });
    expect(await ask(`${away.url}/healthz`)).toEqual([200, 'alive\n']);
    expect((await ask(`${away.url}/readyz`))[0]).toBe(503);
    const overdue = { since: new Date('2026-07-01T03:00:00Z'), lastCompletedAt: null };
    const late = await serve({ readReport: () => Promise.resolve({ ...report, overdue }) });
    expect(await ask(`${late.url}/readyz`)).toEqual([
      503,
      'Data are overdue since 2026-07-01 03:00 UTC: no sync has ever completed.\n',
    ]);
    expect((await ask(`${late.url}/metrics`))[1]).toContain('\nsfmc_tracking_data_overdue 1\n');
    expect((await ask(`${late.url}/`))[1]).toContain('Data are overdue');
  });

  it('gives everything but the probes only to who knows the token', async () => {
    const { url } = await serve({ token: 'open-sesame-open-sesame' });
    for (const path of ['/', '/metrics', '/api/status']) expect((await ask(`${url}${path}`))[0]).toBe(401);
    for (const path of ['/healthz', '/readyz']) expect((await ask(`${url}${path}`))[0]).toBe(200);
    const headers = { authorization: 'Bearer open-sesame-open-sesame' };
    expect((await ask(`${url}/metrics`, { headers }))[0]).toBe(200);
    expect((await ask(`${url}/metrics`, { headers: { authorization: 'Bearer other' } }))[0]).toBe(401);
  });

  it('takes the token once in the page and keeps a cookie that is not the token', async () => {
    const { url } = await serve({ token: 'open-sesame-open-sesame' });
    const body = new URLSearchParams({ token: 'open-sesame-open-sesame' });
    const answer = await fetch(url, { method: 'POST', body, redirect: 'manual' });
    const cookie = answer.headers.get('set-cookie') ?? '';
    expect([answer.status, cookie.includes('open-sesame-open-sesame')]).toEqual([303, false]);
    expect((await ask(url, { headers: { cookie: cookie.split(';')[0] ?? '' } }))[0]).toBe(200);
    expect((await ask(url, { method: 'POST', body: new URLSearchParams({ token: 'no' }) }))[0]).toBe(401);
  });

  it('keeps another cookie in each process', async () => {
    const token = 'open-sesame-open-sesame';
    const cookies = new Set<string>();
    for (const server of [await serve({ token }), await serve({ token })]) {
      const body = new URLSearchParams({ token });
      const response = await fetch(server.url, { method: 'POST', body, redirect: 'manual' });
      cookies.add(response.headers.get('set-cookie') ?? '');
    }
    expect(cookies.size).toBe(2);
  });

  it('slows wrong tokens down, one after the other, and logs them', async () => {
    const lines = recordingLogger();
    const held: (() => void)[] = [];
    const sleep = () => new Promise<void>((resolve) => held.push(resolve));
    const { url } = await serve({ token: 'open-sesame-open-sesame', logger: lines, sleep });
    const guess = () => ask(`${url}/metrics`, { headers: { authorization: 'Bearer guess' } });
    const guesses = Array.from({ length: 11 }, guess);
    expect((await Promise.race(guesses))[0]).toBe(429);
    // A right one does not wait.
    const headers = { authorization: 'Bearer open-sesame-open-sesame' };
    expect((await ask(`${url}/metrics`, { headers }))[0]).toBe(200);
    expect(held).toHaveLength(1);
    for (let released = 0; released < 10; released += 1) {
      held[released]?.();
      await new Promise((resolve) => setImmediate(resolve));
    }
    const statuses = (await Promise.all(guesses)).map(([status]) => status);
    expect(statuses.toSorted((one, other) => one - other)).toEqual([
      ...Array.from({ length: 10 }, () => 401),
      429,
    ]);
    expect(lines.lines).toMatchObject([{ level: 'warn', message: 'wrong HTTP_TOKEN received' }]);
  });

  it.each(['//', '//metrics', '///', 'http://[', '/\\', '*'])(
    'has no path %s, with or without a token',
    async (target) => {
      const lines = recordingLogger();
      const { port } = await serve({ token: 'open-sesame-open-sesame', logger: lines });
      expect([400, 404]).toContain(await statusOf(port, target));
      expect(lines.lines).toEqual([]);
    },
  );

  it('refuses to change anything', async () => {
    const { url } = await serve();
    expect((await ask(`${url}/api/status`, { method: 'POST' }))[0]).toBe(405);
  });

  it('says which setting to change when the port is taken', async () => {
    const { port } = await serve();
    await expect(serve({ port })).rejects.toThrow(`HTTP_PORT is ${port}: that port is taken on 127.0.0.1`);
  });
});
