import { once } from 'node:events';
import http from 'node:http';
import { text } from 'node:stream/consumers';
import { createTransport, type Transport } from '../../../../src/marketing-cloud/transport/transport.ts';
import { startLoopback, type Loopback } from '../loopback.ts';

const never = new AbortController().signal;
let proxy: http.Server;
let port: number;
/** What was asked of the proxy. */
let connects: string[];
let transport: Transport | undefined;
let loopback: Loopback | undefined;

beforeEach(async () => {
  connects = [];
  proxy = http.createServer();
  proxy.on('connect', (request, socket) => {
    connects.push(`${request.url ?? ''} ${request.headers['proxy-authorization'] ?? 'nobody'}`);
    socket.end('HTTP/1.1 503 no way\r\n\r\n');
    socket.on('finish', () => socket.destroy());
  });
  proxy.listen(0, '127.0.0.1');
  await once(proxy, 'listening');
  const address = proxy.address();
  port = typeof address === 'object' && address !== null ? address.port : 0;
});
afterEach(async () => {
  await transport?.close();
  await loopback?.stop();
  proxy.closeAllConnections();
  proxy.close();
});

function post(url: string, proxyUrl: string, except = '') {
  transport = createTransport({ requestTimeoutMs: 5000, proxy: { url: proxyUrl, except } });
  return transport.post({ url, headers: {}, body: '', isRetrieve: false }, never);
}

describe('a proxy', () => {
  it('leads to every host but this machine', async () => {
    const failed = post('https://mc.soap.marketingcloudapis.com/Service.asmx', `http://127.0.0.1:${port}`);
    await expect(failed).rejects.toMatchObject({ code: 'TRANSPORT_FAILED' });
    expect(connects).toEqual(['mc.soap.marketingcloudapis.com:443 nobody']);
  });

  it('gets its user and password', async () => {
    const failed = post('https://mc.soap.marketingcloudapis.com/', `http://me:pw@127.0.0.1:${port}`);
    await expect(failed).rejects.toMatchObject({ code: 'TRANSPORT_FAILED' });
    expect(connects[0]).toContain(`Basic ${Buffer.from('me:pw').toString('base64')}`);
  });

  it('is not asked for this machine, nor for a host that is excepted', async () => {
    loopback = await startLoopback((response) => response.end('here'));
    const response = await post(loopback.url, `http://127.0.0.1:${port}`);
    expect(await text(response.body)).toBe('here');
    await transport?.close();
    await expect(
      post('https://host.invalid/', `http://127.0.0.1:${port}`, 'host.invalid'),
    ).rejects.toMatchObject({
      code: 'TRANSPORT_FAILED',
    });
    expect(connects).toEqual([]);
  });
});
