import type { IncomingMessage } from 'node:http';
import { setTimeout } from 'node:timers/promises';
import type { Logger } from '../../logger.ts';
import { printableJson } from '../../printable.ts';
import type { StatusReport } from '../../store/status/report.ts';
import { overdueText } from '../report-text.ts';
import { createAccessRule } from './access.ts';
import { createGuesses } from './guesses.ts';
import type { LivePages } from './live.ts';
import { createStatusMetrics } from './metrics.ts';
import { assets } from './page/assets.ts';
import { createPages, type PageSources } from './pages.ts';
import { type Content, markup, text } from './response.ts';

export interface RouteOptions {
  /** What readers of everything but the two probes must send. */
  readonly token?: string | undefined;
  readonly readReport: () => Promise<StatusReport>;
  readonly pages: PageSources;
  readonly live: LivePages;
  /** What a person has to correct in the settings of this process. */
  readonly readProblem: () => string | undefined;
  readonly logger: Logger;
  readonly now: () => Date;
  /** Tests give one that does not wait. */
  readonly sleep?: (ms: number) => Promise<unknown>;
}

/** Finds what a request gets. */
export function createRoutes(options: RouteOptions): (request: IncomingMessage) => Promise<Content> {
  const { token, readReport, readProblem, live } = options;
  const access = createAccessRule(token, createGuesses({ ...options, sleep: options.sleep ?? setTimeout }));
  const respond = createReadRoutes(options);

  return async (request) => {
    const pathname = pathOf(request);
    if (pathname === undefined) return text(400, 'this is no path of this server');
    if (pathname === '/' && request.method === 'POST' && token !== undefined) return access.signIn(request);
    if (request.method !== 'GET' && request.method !== 'HEAD')
      return { ...text(405, 'this server is read-only'), headers: { allow: 'GET, HEAD' } };

    if (pathname === '/healthz') return text(200, 'alive');
    if (pathname === '/readyz') return readiness(readReport, readProblem);
    const asset = assets.get(pathname);
    if (asset !== undefined) return { status: 200, ...asset };
    const refusal = await access.refuse(request, pathname);
    if (refusal !== undefined) return refusal;
    if (pathname === '/events')
      return { status: 200, type: 'text/event-stream', body: '', stream: (response) => live.add(response) };
    return respond(pathname);
  };
}

/** The paths that show what the database holds. */
function createReadRoutes({ readReport, pages, now }: RouteOptions): (pathname: string) => Promise<Content> {
  const metrics = createStatusMetrics();
  const findPage = createPages(pages, readReport, now);
  return async (pathname) => {
    if (pathname === '/metrics') return { status: 200, ...(await metrics.render(await readReport())) };
    if (pathname === '/api/status') return json((await findPage('/'))?.data);
    const isData = pathname.startsWith('/api/');
    const page = await findPage(isData ? pathname.slice('/api'.length) : pathname);
    if (page === undefined) return text(404, 'not found');
    return isData ? json(page.data) : markup(200, page.render());
  };
}

function json(data: unknown): Content {
  return { status: 200, type: 'application/json', body: printableJson(JSON.stringify(data)) };
}

/** The path of a request; undefined where its target is none, such as `//` or `/[`. */
function pathOf({ url = '' }: IncomingMessage): string | undefined {
  if (!url.startsWith('/') || url.startsWith('//')) return undefined;
  return URL.parse(url, 'http://localhost')?.pathname;
}

/** Ready: the database, which holds the queue as well, responds, no address is wrong, and data are not overdue. */
async function readiness(
  readReport: () => Promise<StatusReport>,
  readProblem: () => string | undefined,
): Promise<Content> {
  const problem =
    readProblem() ?? (await readReport().then(overdueText, () => 'the database cannot be reached'));
  return problem === undefined ? text(200, 'ready') : text(503, problem);
}
