import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { runCli, startCli } from '../../support/program/cli.ts';
import { eventually } from '../../support/clock.ts';
import { closedPort, freePort } from '../../support/outside/ports.ts';
import { listSend, openStage, type Stage, worldOf } from '../../support/simulator.ts';
import { expectTablesEqualTruth } from '../../support/stored/truth.ts';

const world = worldOf([listSend(640, { counts: { sent: 30 } })]);
let stage: Stage;
let foreign: Server;
let foreignUrl: string;

/** Something else that speaks HTTP: it redirects, or has a page for everything. */
beforeAll(async () => {
  foreign = createServer((request, response) => {
    if (request.url?.startsWith('/moved') === true)
      response.writeHead(302, { location: 'https://login.example.com/sign-in' }).end();
    else response.writeHead(404, { 'content-type': 'text/html' }).end('<html><body>Not here</body></html>');
  });
  await new Promise<void>((resolve) => foreign.listen(0, '127.0.0.1', resolve));
  const { port }: AddressInfo = addressOf(foreign);
  foreignUrl = `http://127.0.0.1:${port}`;
});
afterAll(async () => {
  await new Promise((resolve) => foreign.close(resolve));
});
beforeEach(async () => {
  stage = await openStage(world);
});
afterEach(() => stage.close());

function addressOf(server: Server): AddressInfo {
  const address = server.address();
  if (typeof address !== 'object' || address === null) throw new Error('no port');
  return address;
}

const closedUrl = `http://127.0.0.1:${closedPort}`;

describe('an address that has never responded', () => {
  it.each<[string, () => Record<string, string>, RegExp]>([
    [
      'the token service is where nothing listens',
      () => ({ SFMC_AUTH_URL: closedUrl }),
      /^sfmc-tracking: http:\/\/127\.0\.0\.1:\d+ has never .*nothing listens there \(ECONNREFUSED\); check SFMC_SUBDOMAIN or SFMC_AUTH_URL$/u,
    ],
    [
      'the SOAP service is where nothing listens',
      () => ({ SFMC_SOAP_URL: closedUrl }),
      /nothing listens there \(ECONNREFUSED\); check SFMC_SUBDOMAIN or SFMC_SOAP_URL$/u,
    ],
    [
      'the token service redirects',
      () => ({ SFMC_AUTH_URL: `${foreignUrl}/moved` }),
      /it redirects to login\.example\.com; check SFMC_SUBDOMAIN or SFMC_AUTH_URL$/u,
    ],
    [
      'the SOAP service is another web site',
      () => ({ SFMC_SOAP_URL: foreignUrl }),
      /HTTP 404 without the response that is expected; check SFMC_SUBDOMAIN or SFMC_SOAP_URL$/u,
    ],
    [
      'a port without TLS is addressed by https',
      () => ({ SFMC_SOAP_URL: foreignUrl.replace('http:', 'https:') }),
      /it does not speak TLS \(\w+\); check SFMC_SUBDOMAIN or SFMC_SOAP_URL$/u,
    ],
  ])('is reported as a wrong setting, exit 2, and nothing of it is kept: %s', async (_, wrong, says) => {
    const settings = { ...stage.env, LOG_LEVEL: 'silent' };
    for (const accounts of [settings, { ...settings, SFMC_ACCOUNT_IDS: '' }]) {
      const end = await runCli(['sync'], { ...accounts, ...wrong() });
      expect(end.stderr.trimEnd()).toMatch(says);
      expect(end.code).toBe(2);
    }
    const { rows } = await stage.pool.query('select gate from pipeline.system_status');
    expect(rows).toEqual([{ gate: 'open' }]);

    const corrected = await runCli(['sync'], stage.env);
    expect(corrected.code).toBe(0);
    await expectTablesEqualTruth(stage.pool, world);
  });

  it.each([
    ['serve', 'whose business units are named', {}],
    ['serve', 'that has to ask for its business unit', { SFMC_ACCOUNT_IDS: '' }],
    ['worker', 'that has to ask for its business unit', { SFMC_ACCOUNT_IDS: '' }],
  ])('keeps up a %s %s, which says so on /readyz', async (command, _, accounts) => {
    const port = String(await freePort());
    const settings = { HTTP_PORT: port, SYNC_SCHEDULE: '* * * * * *', SFMC_SOAP_URL: closedUrl };
    const service = startCli([command], { ...stage.env, ...settings, ...accounts });
    const ready = await eventually('a refusal of /readyz that names the setting', async () => {
      const response = await fetch(`http://127.0.0.1:${port}/readyz`).catch(() => undefined);
      const text = await response?.text();
      return text?.includes('SFMC_SOAP_URL') === true ? { status: response?.status, text } : undefined;
    });
    expect(ready.status).toBe(503);
    expect(ready.text).toContain('nothing listens there');
    service.signal('SIGTERM');
    expect((await service.end).code).toBe(0);
  });
});
