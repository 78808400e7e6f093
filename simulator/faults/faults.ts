import type { FilterKind } from '../soap/query/event-query.ts';

export type SoapFaultName =
  'token-expired' | 'login-failed' | 'rate-limited' | 'client' | 'server-2' | 'server-9' | 'server-unknown';

/** One way to lie. Bytes count from the start of the body; where none are given the middle is meant. */
export type Fault =
  | {
      readonly kind: 'http';
      readonly status: number;
      readonly body?: string;
      readonly contentType?: string;
      readonly headers?: Readonly<Record<string, string>>;
    }
  | {
      readonly kind: 'soapFault';
      readonly which?: SoapFaultName;
      /** Instead of `which`: a Server fault with this text, and this code in its detail. */
      readonly code?: number;
      readonly text?: string;
    }
  | { readonly kind: 'error'; readonly text: string }
  | { readonly kind: 'overallStatus'; readonly text: string | null }
  | { readonly kind: 'reset-mid-body'; readonly afterBytes?: number }
  | { readonly kind: 'truncate'; readonly afterBytes?: number }
  | { readonly kind: 'hang' }
  | { readonly kind: 'drip'; readonly afterBytes?: number; readonly intervalMs?: number }
  | { readonly kind: 'invalid-utf8' }
  | {
      readonly kind: 'forbidden-characters';
      /** `raw`: U+0001 itself; `reference`: `&#x1;`; `null-reference`: `&#0;`; `both` of the first two if not given. */
      readonly form?: 'raw' | 'reference' | 'null-reference' | 'both';
    }
  | { readonly kind: 'unclosed' }
  | { readonly kind: 'empty-more' }
  | { readonly kind: 'endless-more' }
  | { readonly kind: 'endless-new' }
  /** Every n-th record is missing, of a request whose first page it is; with 1 all of them. */
  | { readonly kind: 'leave-out'; readonly every: number }
  | { readonly kind: 'html-200' }
  | { readonly kind: 'huge-text'; readonly megabytes?: number }
  | { readonly kind: 'deep-nesting'; readonly levels?: number }
  | { readonly kind: 'doctype' }
  | { readonly kind: 'slow-first-byte'; readonly ms: number }
  | { readonly kind: 'lost-response' }
  | { readonly kind: 'bad-soap-instance-url'; readonly url?: string }
  | { readonly kind: 'token-garbage' };

interface FaultMatch {
  readonly operation?: 'Retrieve' | 'Extract' | 'GetSystemStatus' | 'token';
  readonly objectType?: string;
  readonly jobId?: number;
  readonly accountId?: number;
  /** Of the pages of one request: its number from 1, `first`, `last` (the one that would be OK), `middle` (neither). */
  readonly page?: number | 'first' | 'middle' | 'last';
  /** Only requests whose EventDate window is longer than that, or that have none. */
  readonly windowLongerThanMs?: number;
  /** Only requests of events whose filter names a job, a list, jobs below one, a triggered send, or dates alone. */
  readonly by?: FilterKind | readonly FilterKind[];
}

export interface FaultRule {
  readonly match: FaultMatch;
  /** How many matching requests get the fault; once if not given, -1 or Infinity for ever. */
  readonly times?: number;
  /** How many matching requests, of those that no rule before this one took, are spared first. */
  readonly skip?: number;
  readonly fault: Fault;
}

/** What is known of a request when its fault is chosen. */
interface FaultSubject {
  readonly operation: 'Retrieve' | 'Extract' | 'GetSystemStatus' | 'token' | 'Describe' | 'VersionInfo';
  readonly objectType?: string;
  readonly jobId?: number;
  readonly accountId?: number;
  readonly page?: { readonly number: number; readonly isLast: boolean };
  readonly windowMs?: number;
  readonly by?: FilterKind;
}

export interface FaultPlan {
  /** The first rule that matches and is not used up decides; the request counts for it. */
  faultFor(subject: FaultSubject): Fault | undefined;
  replace(rules: readonly FaultRule[]): void;
}

export function createFaultPlan(rules: readonly FaultRule[]): FaultPlan {
  let plan: { rule: FaultRule; seen: number }[] = [];
  const replace = (next: readonly FaultRule[]): void => {
    plan = next.map((rule) => ({ rule, seen: 0 }));
  };
  replace(rules);
  return {
    replace,
    faultFor: (subject) => {
      for (const entry of plan) {
        if (!matches(entry.rule.match, subject)) continue;
        entry.seen += 1;
        const { times = 1, skip = 0, fault } = entry.rule;
        const limit = times < 0 ? Infinity : times;
        if (entry.seen > skip && entry.seen <= skip + limit) return fault;
      }
      return undefined;
    },
  };
}

function matches(match: FaultMatch, subject: FaultSubject): boolean {
  const agrees = <T>(wanted: T | undefined, actual: T | undefined): boolean =>
    wanted === undefined || wanted === actual;
  return (
    (match.operation ?? 'Retrieve') === subject.operation &&
    agrees(match.objectType, subject.objectType) &&
    agrees(match.jobId, subject.jobId) &&
    agrees(match.accountId, subject.accountId) &&
    (match.page === undefined || isPage(match.page, subject.page)) &&
    (match.by === undefined || (subject.by !== undefined && [match.by].flat().includes(subject.by))) &&
    (match.windowLongerThanMs === undefined || (subject.windowMs ?? Infinity) > match.windowLongerThanMs)
  );
}

function isPage(wanted: number | 'first' | 'middle' | 'last', page: FaultSubject['page']): boolean {
  if (page === undefined) return false;
  if (wanted === 'first') return page.number === 1;
  if (wanted === 'last') return page.isLast;
  if (wanted === 'middle') return page.number > 1 && !page.isLast;
  return page.number === wanted;
}

const kinds: Readonly<Record<Fault['kind'], true>> = {
  http: true,
  soapFault: true,
  error: true,
  overallStatus: true,
  'reset-mid-body': true,
  truncate: true,
  hang: true,
  drip: true,
  'invalid-utf8': true,
  'forbidden-characters': true,
  unclosed: true,
  'empty-more': true,
  'endless-more': true,
  'endless-new': true,
  'leave-out': true,
  'html-200': true,
  'huge-text': true,
  'deep-nesting': true,
  doctype: true,
  'slow-first-byte': true,
  'lost-response': true,
  'bad-soap-instance-url': true,
  'token-garbage': true,
};

/**
 * Reads rules from JSON that a person or another process wrote.
 *
 * @throws {TypeError} naming the first rule that is none.
 */
export function parseFaultRules(json: unknown): FaultRule[] {
  if (!Array.isArray(json)) throw new TypeError('fault rules must be a JSON array');
  return json.map((rule: unknown, at) => {
    if (isFaultRule(rule)) return rule;
    throw new TypeError(
      `fault rule ${at} must be {"match":{…},"fault":{"kind":…}} with a kind of: ${Object.keys(kinds).join(', ')}`,
    );
  });
}

function isFaultRule(value: unknown): value is FaultRule {
  if (typeof value !== 'object' || value === null || !('match' in value) || !('fault' in value)) return false;
  const { match, fault } = value;
  if (typeof match !== 'object' || match === null || typeof fault !== 'object' || fault === null)
    return false;
  return 'kind' in fault && typeof fault.kind === 'string' && Object.hasOwn(kinds, fault.kind);
}
