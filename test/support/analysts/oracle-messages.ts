import type { TestEvent } from './tracking-events.ts';

/** A rule of `bi.engagement_rules` that is switched on. */
export interface OracleRule {
  readonly rule: string;
  readonly seconds: number;
  readonly count?: number;
  readonly share?: number;
  readonly pattern?: string;
}

export interface OracleWorld {
  readonly timeZone: string;
  readonly rules: readonly OracleRule[];
  /** Aliases of the links of each job, by account and job as `1/42`, then by link. */
  readonly links: Readonly<Record<string, Readonly<Record<number, string>>>>;
}

export interface Judged {
  readonly event: TestEvent;
  readonly at: number;
  readonly reasons: string[];
}

/** The messages of one person in one job and batch. */
export interface Message {
  readonly account_id: number;
  readonly job_id: number;
  readonly batch_id: number;
  readonly subscriber_key: string;
  readonly events: Judged[];
}

/** Columns that do not tell two events apart. */
const besideIdentity = ['bounce_category', 'smtp_reason', 'subscriber_id', 'triggered_send_id'];

export function different(events: readonly TestEvent[]): TestEvent[] {
  const identity = (event: TestEvent): string => {
    const own = Object.entries(event).filter(([column]) => !besideIdentity.includes(column));
    return JSON.stringify(own.sort());
  };
  // The first one that is loaded stays.
  return [...new Map(events.toReversed().map((event) => [identity(event), event])).values()];
}

export function messagesOf(judged: readonly Judged[]): Message[] {
  const known = judged.filter(({ event }) => event.subscriber_key !== null);
  return grouped(
    known,
    ({ event }) => `${jobOf({ event })} ${event.batch_id ?? 0} ${event.subscriber_key}`,
  ).map((events) => {
    const { account_id, job_id, batch_id, subscriber_key } = first(events).event;
    return { account_id, job_id, batch_id: batch_id ?? 0, subscriber_key: subscriber_key ?? '', events };
  });
}

export function judge(
  messages: readonly Message[],
  { rule, seconds, count = 0, share, pattern }: OracleRule,
  world: OracleWorld,
): void {
  for (const message of messages) {
    const span = seconds * 1000;
    const [opens, clicks] = [of(message, 'open'), of(message, 'click')];
    const sentAt = min(of(message, 'sent'));
    const flag = (events: readonly Judged[]): void => events.forEach(({ reasons }) => reasons.push(rule));
    const soon = (events: readonly Judged[]): Judged[] =>
      events.filter(({ at }) => sentAt !== null && at >= sentAt && at <= sentAt + span);
    const links = world.links[`${message.account_id}/${message.job_id}`] ?? {};
    switch (rule) {
      case 'open_soon_after_send':
        flag(soon(opens));
        break;
      case 'click_soon_after_send':
        flag(soon(clicks));
        break;
      case 'honeypot_link': {
        const traps = clicks.filter(({ event }) => (links[event.url_id ?? -1] ?? '').includes(pattern ?? ''));
        flag(clicks.filter(({ at }) => traps.some((trap) => Math.abs(trap.at - at) <= span)));
        break;
      }
      default: {
        const walks = clicks.filter((start) => {
          const within = clicks.filter(({ at }) => at >= start.at && at <= start.at + span);
          const distinct = new Set(within.map(({ event }) => event.url_id ?? event.url)).size;
          const known = Object.keys(links).length;
          return distinct >= count && (share === undefined || (known > 0 && distinct >= share * known));
        });
        flag(clicks.filter(({ at }) => walks.some((start) => at >= start.at && at <= start.at + span)));
      }
    }
  }
}

export function jobOf({ event }: Pick<Judged, 'event'>): string {
  return `${event.account_id}/${event.job_id}`;
}

export function of({ events }: Message, type: TestEvent['type']): Judged[] {
  return events.filter(({ event }) => event.type === type);
}

export function humanly(message: Message, ...types: TestEvent['type'][]): Judged[] {
  return types.flatMap((type) => of(message, type)).filter(({ reasons }) => reasons.length === 0);
}

export function bounceOf(message: Message): 'hard' | 'block' | 'soft' | 'other' | undefined {
  const [decisive] = of(message, 'bounce').toSorted(bySeverity);
  if (decisive === undefined) return undefined;
  const kind = kindOf(decisive.event);
  return kind !== 'hard' && /^block/iu.test(decisive.event.bounce_category ?? '') ? 'block' : kind;
}

export function kindOf({ bounce_kind: kind }: TestEvent): 'hard' | 'soft' | 'other' {
  return kind === 'HardBounce' ? 'hard' : kind === 'SoftBounce' ? 'soft' : 'other';
}

export function bySeverity(one: Judged, other: Judged): number {
  const rank = ({ event }: Judged): number => ['hard', 'soft', 'other'].indexOf(kindOf(event));
  const text = ({ event }: Judged): string => `${event.bounce_kind ?? '~'} ${event.bounce_category ?? '~'}`;
  return rank(one) - rank(other) || one.at - other.at || (text(one) < text(other) ? -1 : 1);
}

export const isSent = (message: Message): boolean => of(message, 'sent').length > 0;
export const isBounced = (message: Message): boolean => of(message, 'bounce').length > 0;
export const isHumanOpened = (message: Message): boolean => humanly(message, 'open', 'click').length > 0;
export const isHumanClicked = (message: Message): boolean => humanly(message, 'click').length > 0;

export function grouped<Item>(items: readonly Item[], key: (item: Item) => string): Item[][] {
  const groups = new Map<string, Item[]>();
  for (const item of items) groups.set(key(item), [...(groups.get(key(item)) ?? []), item]);
  return [...groups.values()];
}

export function first<Item>(items: readonly Item[]): Item {
  const [item] = items;
  if (item === undefined) throw new Error('a group has at least one');
  return item;
}

export function min(events: readonly Judged[]): number | null {
  return events.length === 0 ? null : Math.min(...events.map(({ at }) => at));
}

export function max(events: readonly Judged[]): number | null {
  return events.length === 0 ? null : Math.max(...events.map(({ at }) => at));
}

export function least(ids: readonly (number | null | undefined)[]): number | null {
  const known = ids.filter((id) => typeof id === 'number');
  return known.length === 0 ? null : Math.min(...known);
}

export function iso(at: number | null): string | null {
  return at === null ? null : new Date(at).toISOString();
}
