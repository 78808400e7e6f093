import { isLoopbackHost, isLoopbackUrl } from '../../src/loopback.ts';

describe('isLoopbackHost', () => {
  it.each(['localhost', 'LOCALHOST', 'sfmc.localhost', '127.0.0.1', '127.255.3.4', '::1', '[::1]'])(
    'says that %s is this machine',
    (host) => expect(isLoopbackHost(host)).toBe(true),
  );

  it.each([
    '',
    '.',
    '0.0.0.0',
    '::',
    '10.0.0.1',
    '127.0.0.256',
    '127.0.0.1.example.com',
    'localhost.example.com',
    'notlocalhost',
    'example.com',
    '::1.example.com',
  ])('says that %p may be another machine', (host) => expect(isLoopbackHost(host)).toBe(false));
});

describe('isLoopbackUrl', () => {
  it.each(['http://127.1/', 'http://[0:0:0:0:0:0:0:1]:8080/', 'https://a.localhost:1/x'])(
    'sees through the spelling of %s',
    (url) => expect(isLoopbackUrl(url)).toBe(true),
  );

  it.each(['http://localhost@example.com/', 'localhost', '', 'https://example.com/?localhost'])(
    'is not taken in by %p',
    (url) => expect(isLoopbackUrl(url)).toBe(false),
  );
});
