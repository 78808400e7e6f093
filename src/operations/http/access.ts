import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { Guesses } from './guesses.ts';
import { isLoopbackHost } from '../../loopback.ts';

interface Refusal {
  readonly status: number;
  readonly type: string;
  readonly body: string;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface AccessRule {
  /** Why this request gets nothing; undefined where it may read. A wrong token gets its response late. */
  refuse(request: IncomingMessage, pathname: string): Promise<Refusal | undefined>;
  /** Takes the token once from the page's form. */
  signIn(request: IncomingMessage): Promise<Refusal>;
}

const cookieName = 'sfmc_tracking_access';
// A token and the form's field name; a client that sends more is not a person at the form.
const formBytesMax = 4096;

/** Readers send the token as bearer, or once in the page, which then keeps a cookie that is not the token. */
export function createAccessRule(token: string | undefined, guesses: Guesses): AccessRule {
  const expected = token === undefined ? undefined : digest(token);
  // Made anew by each process, so that a cookie that got out is worth nothing after a restart.
  const cookie = randomBytes(32).toString('hex');
  const isToken = (given: string): boolean =>
    expected !== undefined && timingSafeEqual(digest(given), expected);

  return {
    async refuse(request, pathname) {
      if (expected === undefined) return refuseForeignHost(request);
      const bearer = /^Bearer (.+)$/iu.exec(request.headers.authorization ?? '')?.[1];
      if (bearer !== undefined && isToken(bearer)) return undefined;
      if (hasCookie(request, cookie)) return undefined;
      if (bearer !== undefined && !(await guesses.slow(addressOf(request)))) return tooManyGuesses;
      if (isPage(pathname)) return { status: 401, type: 'text/html; charset=utf-8', body: signInPage };
      return plain(401, 'send HTTP_TOKEN as "Authorization: Bearer …"', { 'www-authenticate': 'Bearer' });
    },
    async signIn(request) {
      if (!isToken(await readToken(request))) {
        if (!(await guesses.slow(addressOf(request)))) return tooManyGuesses;
        return { status: 401, type: 'text/html; charset=utf-8', body: signInPage };
      }
      const headers = {
        location: '/',
        'set-cookie': `${cookieName}=${cookie}; HttpOnly; SameSite=Strict; Path=/`,
      };
      return plain(303, 'see /', headers);
    },
  };
}

/** People get the form; programs get a line. */
function isPage(pathname: string): boolean {
  return !/^\/(?:api|metrics|events)/u.test(pathname);
}

function digest(value: string): Buffer {
  return createHash('sha256').update(value).digest();
}

function plain(status: number, body: string, headers: Readonly<Record<string, string>> = {}): Refusal {
  return { status, type: 'text/plain; charset=utf-8', body: `${body}\n`, headers };
}

const tooManyGuesses = plain(429, 'too many wrong tokens', { 'retry-after': '10' });

function addressOf({ socket }: IncomingMessage): string {
  return socket.remoteAddress ?? 'unknown';
}

/** Without a token only this machine may read: no web page that points a name of its own at it. */
function refuseForeignHost(request: IncomingMessage): Refusal | undefined {
  const host = (request.headers.host ?? '').replace(/:\d+$/u, '');
  if (host === '' || isLoopbackHost(host)) return undefined;
  return plain(403, 'this page is for loopback names only; set HTTP_TOKEN for others');
}

function hasCookie(request: IncomingMessage, cookie: string): boolean {
  const cookies = (request.headers.cookie ?? '').split(';').map((pair) => pair.trim());
  const wanted = digest(`${cookieName}=${cookie}`);
  return cookies.some((pair) => timingSafeEqual(digest(pair), wanted));
}

async function readToken(request: IncomingMessage): Promise<string> {
  let form = '';
  try {
    for await (const chunk of request) {
      form += String(chunk);
      if (form.length > formBytesMax) return '';
    }
  } catch {
    return ''; // the connection broke
  }
  return new URLSearchParams(form).get('token') ?? '';
}

const signInPage = `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>sfmc-tracking</title><link rel="icon" href="data:,"><link rel="stylesheet" href="/page.css"></head>
<body><main><form class="sign-in" method="post" action="/"><h1>sfmc-tracking</h1>
<label>Access token (HTTP_TOKEN) <input type="password" name="token" required autofocus autocomplete="current-password"></label>
<button>Show status</button></form></main></body></html>
`;
