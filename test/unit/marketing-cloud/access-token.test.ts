import { createTokenSource, type TokenSource } from '../../../src/marketing-cloud/access-token.ts';
import { reachabilityWhere } from '../../support/reachability.ts';
import { createTransport, type Transport } from '../../../src/marketing-cloud/transport/transport.ts';
import { type Loopback, reply, type Reply, startLoopback, tokenReply } from './loopback.ts';

const never = new AbortController().signal;
let server: Loopback | undefined;
let transport: Transport | undefined;
let clockMs = 0;

afterEach(async () => {
  await transport?.close();
  await server?.stop();
});

async function start(answers: Reply, accountId?: number): Promise<TokenSource> {
  server = await startLoopback(answers);
  transport = createTransport({ requestTimeoutMs: 60_000 });
  clockMs = Date.parse('2024-03-10T08:00:00Z');
  const options = { authUrl: `${server.url}/`, clientId: 'client-1', clientSecret: 'secret-1', transport };
  return createTokenSource({
    reachability: reachabilityWhere(true),
    ...options,
    accountId,
    now: () => new Date(clockMs),
  });
}

describe('a token', () => {
  it('is asked for with the credentials and the business unit', async () => {
    const tokens = await start(
      tokenReply({ soap_instance_url: 'https://mc.soap.marketingcloudapis.com/' }),
      7000001,
    );
    await expect(tokens.get(never)).resolves.toMatchObject({
      token: 'token-1',
      soapUrl: 'https://mc.soap.marketingcloudapis.com/',
    });
    expect(server?.received.map(({ path }) => path)).toEqual(['/v2/token']);
    expect(JSON.parse(server?.received[0]?.body ?? '')).toEqual({
      grant_type: 'client_credentials',
      client_id: 'client-1',
      client_secret: 'secret-1',
      account_id: '7000001',
    });
  });

  it('is asked for once however many callers wait', async () => {
    const tokens = await start(tokenReply());
    const all = await Promise.all(Array.from({ length: 20 }, () => tokens.get(never)));
    expect(new Set(all.map(({ token }) => token))).toEqual(new Set(['token-1']));
    expect(server?.received).toHaveLength(1);
  });

  it('is kept until two minutes before it ends', async () => {
    const tokens = await start(tokenReply());
    await tokens.get(never);
    clockMs += (1079 - 120) * 1000 - 1;
    expect((await tokens.get(never)).token).toBe('token-1');
    clockMs += 1;
    expect((await tokens.get(never)).token).toBe('token-2');
  });

  it('is used even when it lives for less than two minutes', async () => {
    const tokens = await start(tokenReply({ expires_in: 60 }));
    await tokens.get(never);
    expect((await tokens.get(never)).token).toBe('token-1');
  });

  it('is renewed once for all who were refused with it', async () => {
    const tokens = await start(tokenReply());
    await tokens.get(never);
    const renewed = await Promise.all([tokens.renew('token-1', never), tokens.renew('token-1', never)]);
    expect(renewed.map(({ token }) => token)).toEqual(['token-2', 'token-2']);
    expect((await tokens.renew('token-1', never)).token).toBe('token-2');
    expect(server?.received).toHaveLength(2);
  });

  it('is asked for again after a failure', async () => {
    let isDown = true;
    const working = tokenReply();
    const tokens = await start((response, request) => (isDown ? reply('', 503) : working)(response, request));
    await expect(tokens.get(never)).rejects.toMatchObject({ code: 'TRANSPORT_FAILED' });
    isDown = false;
    expect((await tokens.get(never)).token).toBe('token-1');
  });

  it('still comes for the others when one caller gives up', async () => {
    const tokens = await start((response, request) => {
      setTimeout(() => tokenReply()(response, request), 50);
    });
    const reason = new Error('drained');
    const controller = new AbortController();
    const waits = [tokens.get(controller.signal), tokens.get(never)];
    controller.abort(reason);
    await expect(waits[0]).rejects.toBe(reason);
    await expect(waits[1]).resolves.toMatchObject({ token: 'token-1' });
  });
});

describe('a refusal', () => {
  const body = JSON.stringify({ error: 'invalid_client', error_description: 'secret-1 is wrong' });

  it.each<[number, string, string, string]>([
    [401, body, 'ACCOUNT_REFUSED', 'SFMC_CLIENT_ID and SFMC_CLIENT_SECRET'],
    [403, '', 'ACCOUNT_REFUSED', 'SFMC_ACCOUNT_IDS'],
    [400, '{"error":"invalid_request"}', 'ACCOUNT_REFUSED', 'SFMC_ACCOUNT_IDS'],
    [404, '<html>', 'REQUEST_INVALID', 'SFMC_AUTH_URL'],
    [429, '', 'RATE_LIMITED', 'slow down'],
    [500, '<html>', 'TRANSPORT_FAILED', '500'],
    [503, '', 'TRANSPORT_FAILED', '503'],
    [200, '<html>', 'RESPONSE_MALFORMED', 'JSON'],
    [200, '[]', 'RESPONSE_MALFORMED', 'access_token'],
    [200, 'null', 'RESPONSE_MALFORMED', 'JSON'],
    [200, '{"access_token":"t"}', 'RESPONSE_MALFORMED', 'expires_in'],
    [200, '{"access_token":"","expires_in":5}', 'RESPONSE_MALFORMED', 'access_token'],
    [200, '{"access_token":"t","expires_in":-5}', 'RESPONSE_MALFORMED', 'expires_in'],
    [200, `{"access_token":"${'t'.repeat(100_000)}"}`, 'RESPONSE_MALFORMED', 'bytes'],
  ])('HTTP %i with %j is %s and names %s', async (status, answer, code, says) => {
    const error: unknown = await (
      await start(reply(answer, status), 7000001)
    )
      .get(never)
      .catch((reason: unknown) => reason);
    expect(error).toMatchObject({ code });
    expect(String(error)).toContain(says);
    expect(String(error)).not.toMatch(/secret-1|client-1|7000001/);
  });

  it('carries how long the service wants us to wait', async () => {
    const tokens = await start(reply('', 429, { 'retry-after': '120' }));
    await expect(tokens.get(never)).rejects.toMatchObject({ context: { retryAfterMs: 120_000 } });
  });
});

describe('a token answer that points elsewhere', () => {
  it.each(['https://soap.example.com/', 'http://mc.soap.marketingcloudapis.com/', 7])(
    'is refused before the token goes to %s',
    async (url) => {
      const tokens = await start(tokenReply({ soap_instance_url: url }));
      await expect(tokens.get(never)).rejects.toMatchObject({ code: 'RESPONSE_MALFORMED' });
    },
  );

  it('is accepted when both services are on this machine', async () => {
    const tokens = await start(tokenReply({ soap_instance_url: 'http://localhost:1234/' }));
    await expect(tokens.get(never)).resolves.toMatchObject({ soapUrl: 'http://localhost:1234/' });
  });
});
