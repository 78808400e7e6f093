import { randomBytes } from 'node:crypto';
import { text } from 'node:stream/consumers';
import { gzipSync } from 'node:zlib';
import {
  createTransport,
  type PostRequest,
  type Transport,
} from '../../../../src/marketing-cloud/transport/transport.ts';
import { type Loopback, reply, type Reply, startLoopback } from '../loopback.ts';

let server: Loopback | undefined;
let transport: Transport | undefined;

afterEach(async () => {
  await transport?.close();
  await server?.stop();
});

const never = new AbortController().signal;

const stall: Reply = (response) => {
  response.writeHead(200, { 'content-encoding': 'gzip' }).write(gzipSync('x').subarray(0, 12));
};

async function post(
  answers: Reply,
  options: { timeoutMs?: number; isRetrieve?: boolean; signal?: AbortSignal } = {},
): Promise<string> {
  server = await startLoopback(answers);
  transport = createTransport({ requestTimeoutMs: options.timeoutMs ?? 60_000 });
  const request: PostRequest = {
    url: `${server.url}/Service.asmx`,
    headers: { soapaction: 'Retrieve' },
    body: '<a/>',
    isRetrieve: options.isRetrieve ?? true,
  };
  const answer = await transport.post(request, options.signal ?? never);
  return `${answer.status} ${await text(answer.body)}`;
}

/** Copies each piece: it is valid until the next one is requested. */
async function bytesOf(body: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const pieces: Uint8Array[] = [];
  for await (const piece of body) pieces.push(Uint8Array.from(piece));
  return Buffer.concat(pieces);
}

const drip: Reply = (response) => {
  response.writeHead(200);
  const timer = setInterval(() => response.write('<a>'), 10);
  response.on('close', () => clearInterval(timer));
};

describe('an answer', () => {
  it('is handed on with its status, and compression is asked for', async () => {
    await expect(post(reply('<b/>', 500))).resolves.toBe('500 <b/>');
    expect(server?.received).toMatchObject([
      { path: '/Service.asmx', body: '<a/>', headers: { 'accept-encoding': 'gzip', soapaction: 'Retrieve' } },
    ]);
  });

  it.each([
    ['empty', Buffer.alloc(0)],
    ['small', randomBytes(100)],
    ['as large as is decompressed in one go', randomBytes(524_000)],
    ['a little larger', randomBytes(525_000)],
    ['large', randomBytes(2_000_000)],
    ['as large as a page', Buffer.alloc(4_194_000)],
    ['larger than any page', Buffer.alloc(5_000_000)],
  ])('is decompressed when it is %s, and the next one comes over its connection', async (_, bytes) => {
    const zipped = gzipSync(bytes);
    const ports = new Set<number | undefined>();
    server = await startLoopback((response) => {
      ports.add(response.socket?.remotePort);
      response.writeHead(200, { 'content-encoding': 'gzip' });
      response.write(zipped.subarray(0, 10));
      setTimeout(() => response.end(zipped.subarray(10)), 5);
    });
    transport = createTransport({ requestTimeoutMs: 60_000 });
    for (let n = 0; n < 3; n += 1) {
      const request = { url: server.url, headers: {}, body: '', isRetrieve: true };
      const answer = await transport.post(request, never);
      expect(bytes.equals(await bytesOf(answer.body))).toBe(true);
    }
    expect(ports.size).toBeLessThanOrEqual(2);
  });

  it.each([50_000, 5_000_000])(
    'is whole when its end states the size of its last part alone: %d',
    async (size) => {
      const members = Buffer.concat([gzipSync('a'.repeat(size)), gzipSync('b')]);
      const text = await post(reply(members, 200, { 'content-encoding': 'gzip' }));
      expect(text === `200 ${'a'.repeat(size)}b`).toBe(true);
    },
  );

  it.each([
    ['breaks off when it is small', gzipSync('x'.repeat(300_000)).subarray(0, 200)],
    ['breaks off when it is large', gzipSync(randomBytes(100_000)).subarray(0, 50_000)],
    ['states a wrong size', Buffer.concat([gzipSync('x').subarray(0, -4), Buffer.alloc(4, 0xff)])],
    ['is shorter than any', Buffer.from('x')],
    ['is garbage', Buffer.from('garbage')],
    ['is much garbage', randomBytes(100_000)],
  ])('is malformed when its compression %s', async (_, body) => {
    const answer = post(reply(body, 200, { 'content-encoding': 'gzip' }));
    await expect(answer).rejects.toMatchObject({ code: 'RESPONSE_MALFORMED' });
  });

  it('is malformed when it is compressed in a way that was not asked for', async () => {
    await expect(post(reply('x', 200, { 'content-encoding': 'br' }))).rejects.toMatchObject({
      code: 'RESPONSE_MALFORMED',
    });
  });

  it('comes over a connection that is there already', async () => {
    server = await startLoopback((response) => {
      response.end(String(response.socket?.remotePort));
    });
    transport = createTransport({ requestTimeoutMs: 60_000 });
    const ports = new Set<string>();
    for (let n = 0; n < 8; n += 1) {
      const answer = await transport.post(
        { url: server.url, headers: {}, body: '', isRetrieve: false },
        never,
      );
      ports.add(await text(answer.body));
    }
    // The first may not be free again at the moment the second leaves.
    expect(ports.size).toBeLessThanOrEqual(2);
  });
});

describe('a reader who has seen enough', () => {
  it.each([
    ['plain', {}],
    ['compressed', { 'content-encoding': 'gzip' }],
  ])('frees the connection by leaving: %s', async (_, headers: Record<string, string>) => {
    const zipped = gzipSync(randomBytes(700_000), { level: 0 });
    let isClosed: Promise<void> = Promise.resolve();
    server = await startLoopback((response) => {
      isClosed = new Promise((resolve) => response.on('close', resolve));
      response.writeHead(200, headers).write(zipped.subarray(0, 600_000)); // and never ends
    });
    transport = createTransport({ requestTimeoutMs: 60_000 });
    const answer = await transport.post({ url: server.url, headers: {}, body: '', isRetrieve: true }, never);
    for await (const chunk of answer.body) {
      expect(chunk.byteLength).toBeGreaterThan(0);
      break;
    }
    await isClosed;
  });
});

describe('a time-out', () => {
  it.each([
    ['no answer comes', (): void => undefined],
    ['the answer drips for ever', drip],
    ['a compressed answer stops in its middle', stall],
  ])('means too broad a window on a Retrieve, and a broken line otherwise, when %s', async (_, answers) => {
    await expect(post(answers, { timeoutMs: 80 })).rejects.toMatchObject({ code: 'RETRIEVE_TIMED_OUT' });
    await server?.stop();
    await expect(post(answers, { timeoutMs: 80, isRetrieve: false })).rejects.toMatchObject({
      code: 'TRANSPORT_FAILED',
    });
  });
});

describe('a failing connection', () => {
  it('is a transport error when it is reset in mid-body', async () => {
    const reset: Reply = (response) => {
      response.writeHead(200, { 'content-length': '100' }).write('<a>');
      setTimeout(() => response.socket?.resetAndDestroy(), 10);
    };
    await expect(post(reset)).rejects.toMatchObject({ code: 'TRANSPORT_FAILED' });
  });

  it('is a transport error when a compressed body is reset', async () => {
    const reset: Reply = (response) => {
      response
        .writeHead(200, { 'content-encoding': 'gzip' })
        .write(gzipSync('x'.repeat(300_000)).subarray(0, 100));
      setTimeout(() => response.socket?.resetAndDestroy(), 10);
    };
    await expect(post(reset)).rejects.toMatchObject({ code: 'TRANSPORT_FAILED' });
  });

  it('is a transport error when nobody listens', async () => {
    server = await startLoopback(reply(''));
    const { url } = server;
    await server.stop();
    transport = createTransport({ requestTimeoutMs: 60_000 });
    const answer = transport.post({ url, headers: {}, body: '', isRetrieve: true }, never);
    await expect(answer).rejects.toMatchObject({
      code: 'TRANSPORT_FAILED',
      context: { errorCode: 'ECONNREFUSED' },
    });
  });
});

describe('cancellation', () => {
  it('throws the reason itself, before, while waiting and in mid-body', async () => {
    const reason = new Error('drained');
    await expect(post(reply('x'), { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
    for (const answers of [(): void => undefined, drip, stall]) {
      await server?.stop();
      const controller = new AbortController();
      setTimeout(() => controller.abort(reason), 50);
      await expect(post(answers, { signal: controller.signal })).rejects.toBe(reason);
    }
  });
});

describe('plain http', () => {
  it('is refused for any host but this machine', async () => {
    transport = createTransport({ requestTimeoutMs: 60_000 });
    const answer = transport.post(
      { url: 'http://soap.example.com/', headers: {}, body: '', isRetrieve: true },
      never,
    );
    await expect(answer).rejects.toMatchObject({ code: 'REQUEST_INVALID' });
  });
});
