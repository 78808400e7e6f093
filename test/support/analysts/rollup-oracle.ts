import {
  type Judged,
  type Message,
  type OracleWorld,
  bounceOf,
  bySeverity,
  different,
  first,
  grouped,
  humanly,
  iso,
  isBounced,
  isHumanClicked,
  isHumanOpened,
  isSent,
  jobOf,
  judge,
  kindOf,
  least,
  max,
  messagesOf,
  min,
  of,
} from './oracle-messages.ts';
import { eventTypes, type TestEvent } from './tracking-events.ts';

type Row = Record<string, unknown>;
export type Rollups = Record<(typeof rollupTables)[number], Row[]>;

export const rollupTables = [
  ...(['recipients', 'subscribers', 'job_totals', 'job_days'] as const),
  ...([
    'job_hours',
    'link_totals',
    'domain_days',
    'engagement_days',
    'machine_events',
    'rule_totals',
  ] as const),
];

/** What the rollups hold when all these events are counted; written without a look at how the refresher does it. */
export function expectedRollups(loaded: readonly TestEvent[], world: OracleWorld): Rollups {
  const judged = different(loaded).map((event) => ({
    event,
    at: Date.parse(event.occurred_at),
    reasons: [],
  }));
  const messages = messagesOf(judged);
  for (const rule of world.rules) judge(messages, rule, world);
  const subscribers = grouped(messages, (m) => `${m.account_id} ${m.subscriber_key}`);
  return {
    recipients: messages.map((message) => recipientOf(message, messages)),
    subscribers: subscribers.map(subscriberOf),
    job_totals: grouped(judged, jobOf).map((events) => totalsOf(events, messages, world)),
    job_days: daysOf(judged, messages, world),
    job_hours: hoursOf(messages),
    link_totals: linksOf(judged),
    domain_days: domainsOf(messages, world),
    engagement_days: engagementOf(subscribers, world),
    machine_events: judged.filter(({ reasons }) => reasons.length > 0).map(machineOf),
    rule_totals: rulesOf(judged),
  };
}

function recipientOf(message: Message, messages: readonly Message[]): Row {
  const events = (type: TestEvent['type']): Judged[] => of(message, type);
  const human = (type: TestEvent['type']): Judged[] =>
    events(type).filter(({ reasons }) => reasons.length === 0);
  const span = (type: TestEvent['type'], firstName: string, lastName: string, which = events): Row => ({
    [firstName]: iso(min(which(type))),
    [lastName]: iso(max(which(type))),
  });
  const bounces = events('bounce').toSorted(bySeverity);
  const kinds = (...some: string[]): number =>
    bounces.filter(({ event }) => some.includes(event.bounce_kind ?? '')).length;
  return {
    ...{ account_id: message.account_id, job_id: message.job_id, batch_id: message.batch_id },
    subscriber_key: message.subscriber_key,
    ...span('sent', 'sent_at', 'last_sent_at'),
    list_id: least(events('sent').map(({ event }) => event.list_id)),
    subscriber_id: least([...events('sent'), ...events('not_sent')].map(({ event }) => event.subscriber_id)),
    ...span('not_sent', 'not_sent_at', 'last_not_sent_at'),
    ...span('open', 'first_open_at', 'last_open_at'),
    ...span('open', 'first_human_open_at', 'last_human_open_at', human),
    ...span('click', 'first_click_at', 'last_click_at'),
    ...span('click', 'first_human_click_at', 'last_human_click_at', human),
    ...span('bounce', 'bounced_at', 'last_bounced_at'),
    ...span('unsub', 'unsubscribed_at', 'last_unsubscribed_at'),
    unsubscribed_from_all_at: iso(max(events('unsub').filter(({ event }) => event.is_master_unsubscribed))),
    ...span('forward', 'first_forward_at', 'last_forward_at'),
    ...span('forward_opt_in', 'first_forward_opt_in_at', 'last_forward_opt_in_at'),
    ...span('survey', 'first_survey_at', 'last_survey_at'),
    ...{ has_open_tie: isTied(events('open')), has_click_tie: isTied(events('click')) },
    ...{ has_bounce_tie: isTied(bounces), has_unsubscribe_tie: isTied(events('unsub')) },
    ...{ opens: events('open').length, human_opens: human('open').length },
    ...{ clicks: events('click').length, human_clicks: human('click').length },
    ...{ hard_bounces: kinds('HardBounce'), soft_bounces: kinds('SoftBounce') },
    other_bounces: bounces.length - kinds('HardBounce', 'SoftBounce'),
    ...{ unsubscribes: events('unsub').length, forwards: events('forward').length },
    ...{ forward_opt_ins: events('forward_opt_in').length, survey_answers: events('survey').length },
    is_first_open: isFirst(message, messages, 'open'),
    is_first_click: isFirst(message, messages, 'click'),
    is_first_bounce: isFirst(message, messages, 'bounce'),
    is_first_unsubscribe: isFirst(message, messages, 'unsub'),
    bounce_kind: bounces[0]?.event.bounce_kind ?? null,
    bounce_category: bounces[0]?.event.bounce_category ?? null,
  };
}

function isFirst(message: Message, messages: readonly Message[], type: TestEvent['type']): boolean {
  const at = (some: Message): number => min(of(some, type)) ?? Infinity;
  const [earliest] = messages
    .filter((other) => samePerson(other, message))
    .toSorted((one, other) => at(one) - at(other) || one.batch_id - other.batch_id);
  return of(message, type).length > 0 && earliest === message;
}

function subscriberOf(messages: readonly Message[]): Row {
  const all = (type: TestEvent['type']): Judged[] => messages.flatMap((message) => of(message, type));
  const human = (type: TestEvent['type']): Judged[] =>
    all(type).filter(({ reasons }) => reasons.length === 0);
  const { account_id, subscriber_key } = first(messages);
  const count = (claim: (message: Message) => boolean): number => messages.filter(claim).length;
  return {
    ...{ account_id, subscriber_key },
    subscriber_id: least([...all('sent'), ...all('not_sent')].map(({ event }) => event.subscriber_id)),
    ...{ first_sent_at: iso(min(all('sent'))), last_sent_at: iso(max(all('sent'))) },
    ...{ first_open_at: iso(min(all('open'))), last_open_at: iso(max(all('open'))) },
    ...{ first_human_open_at: iso(min(human('open'))), last_human_open_at: iso(max(human('open'))) },
    ...{ first_click_at: iso(min(all('click'))), last_click_at: iso(max(all('click'))) },
    ...{ first_human_click_at: iso(min(human('click'))), last_human_click_at: iso(max(human('click'))) },
    ...{ first_bounced_at: iso(min(all('bounce'))), last_bounced_at: iso(max(all('bounce'))) },
    ...{ first_unsubscribed_at: iso(min(all('unsub'))), last_unsubscribed_at: iso(max(all('unsub'))) },
    unsubscribed_from_all_at: iso(max(all('unsub').filter(({ event }) => event.is_master_unsubscribed))),
    ...{ last_forward_at: iso(max(all('forward'))), last_survey_at: iso(max(all('survey'))) },
    ...{ sent: count(isSent), not_sent: count((m) => of(m, 'not_sent').length > 0) },
    ...{ delivered: count((m) => isSent(m) && !isBounced(m)), bounced: count(isBounced) },
    hard_bounced: count((m) => bounceOf(m) === 'hard'),
    ...{ opened: count((m) => of(m, 'open').length > 0), human_opened: count(isHumanOpened) },
    ...{ clicked: count((m) => of(m, 'click').length > 0), human_clicked: count(isHumanClicked) },
    ...{ opens: all('open').length, clicks: all('click').length, unsubscribes: all('unsub').length },
    ...{ forwards: all('forward').length, survey_answers: all('survey').length },
  };
}

function engagementOf(people: readonly (readonly Message[])[], { timeZone }: OracleWorld): Row[] {
  const lastDay = (messages: readonly Message[], pick: (message: Message) => Judged[]): string => {
    const at = max(messages.flatMap(pick));
    return at === null ? '-infinity' : localDay(at, timeZone);
  };
  const days = people
    .filter((own) => own.some(isSent) && !own.some(isUnsubscribedFromAll))
    .flatMap((own) => {
      const { account_id } = first(own);
      const day = lastDay(own, (message) => [...of(message, 'open'), ...of(message, 'click')]);
      const humanDay = lastDay(own, (message) => humanly(message, 'open', 'click'));
      return [
        { account_id, day, people: 1, human_people: 0 },
        { account_id, day: humanDay, people: 0, human_people: 1 },
      ];
    });
  return grouped(days, ({ account_id, day }) => `${account_id} ${day}`).map((own) => ({
    ...{ account_id: first(own).account_id, day: first(own).day },
    people: own.filter(({ people: isOne }) => isOne === 1).length,
    human_people: own.filter(({ human_people: isOne }) => isOne === 1).length,
  }));
}

function isUnsubscribedFromAll(message: Message): boolean {
  return of(message, 'unsub').some(({ event }) => event.is_master_unsubscribed === true);
}

function totalsOf(events: readonly Judged[], everyMessage: readonly Message[], world: OracleWorld): Row {
  const { account_id, job_id } = first(events).event;
  const messages = everyMessage.filter((m) => m.account_id === account_id && m.job_id === job_id);
  const people = (claim: (message: Message) => boolean): number =>
    new Set(messages.filter(claim).map(({ subscriber_key }) => subscriber_key)).size;
  const count = (claim: (message: Message) => boolean): number => messages.filter(claim).length;
  const typed = (type: TestEvent['type']): Judged[] => events.filter(({ event }) => event.type === type);
  const machines = (type: TestEvent['type']): number =>
    typed(type).filter(({ reasons }) => reasons.length > 0).length;
  const has = (type: TestEvent['type']) => (message: Message) => of(message, type).length > 0;
  const withKind = (kind: string) => (message: Message) =>
    of(message, 'bounce').some(({ event }) => kindOf(event) === kind);
  return {
    ...{ account_id, job_id, sent: count(isSent), delivered: count((m) => isSent(m) && !isBounced(m)) },
    ...{ not_sent: count(has('not_sent')), bounced: count(isBounced) },
    ...{
      hard_bounced: count((m) => bounceOf(m) === 'hard'),
      block_bounced: count((m) => bounceOf(m) === 'block'),
    },
    ...{
      soft_bounced: count((m) => bounceOf(m) === 'soft'),
      other_bounced: count((m) => bounceOf(m) === 'other'),
    },
    ...{ with_hard_bounce: count(withKind('hard')), with_soft_bounce: count(withKind('soft')) },
    with_other_bounce: count(withKind('other')),
    ...{ opened: count(has('open')), human_opened: count(isHumanOpened) },
    ...{ clicked: count(has('click')), human_clicked: count(isHumanClicked) },
    engaged: count((m) => has('open')(m) || has('click')(m)),
    ...{ unsubscribed: count(has('unsub')), recipients: people(isSent), openers: people(has('open')) },
    ...{ human_openers: people(isHumanOpened), clickers: people(has('click')) },
    human_clickers: people(isHumanClicked),
    openers_or_clickers: people((m) => has('open')(m) || has('click')(m)),
    ...{ people_bounced: people(isBounced), people_unsubscribed: people(has('unsub')) },
    ...{ sent_events: typed('sent').length, not_sent_events: typed('not_sent').length },
    ...{ open_events: typed('open').length, machine_opens: machines('open') },
    ...{ click_events: typed('click').length, machine_clicks: machines('click') },
    ...{ bounce_events: typed('bounce').length, unsub_events: typed('unsub').length },
    ...{ forward_events: typed('forward').length, forward_opt_in_events: typed('forward_opt_in').length },
    ...{ survey_events: typed('survey').length },
    ...{ first_event_at: iso(min(events)), last_event_at: iso(max(events)) },
    ...{ links: Object.keys(world.links[`${account_id}/${job_id}`] ?? {}).length, frozen_at: null },
  };
}

function daysOf(judged: readonly Judged[], messages: readonly Message[], { timeZone }: OracleWorld): Row[] {
  const day = (at: number): string => localDay(at, timeZone);
  const cells = new Map<string, Row>();
  const cell = (
    { account_id, job_id }: Pick<TestEvent, 'account_id' | 'job_id'>,
    type: string,
    at: number,
  ): string => {
    const row = { account_id, job_id, event_type: type, day: day(at) };
    const key = JSON.stringify(row);
    cells.set(key, row);
    return key;
  };
  const firsts = (pick: (message: Message) => Judged[], type: string): string[] =>
    grouped(messages, (m) => `${m.account_id}/${m.job_id} ${m.subscriber_key}`).flatMap((own) => {
      const earliest = min(own.flatMap(pick));
      return earliest === null ? [] : [cell(first(own), type, earliest)];
    });
  const people = eventTypes.flatMap((type) => firsts((message) => of(message, type), type));
  const humans = [
    ...firsts((message) => humanly(message, 'open', 'click'), 'open'),
    ...firsts((message) => humanly(message, 'click'), 'click'),
  ];
  const events = new Map(
    grouped(judged, ({ event, at }) => cell(event, event.type, at)).map((own) => [
      cell(first(own).event, first(own).event.type, first(own).at),
      own,
    ]),
  );
  return [...new Set([...events.keys(), ...humans])].map((key) => {
    const own = events.get(key) ?? [];
    return {
      ...cells.get(key),
      events: own.length,
      people: people.filter((other) => other === key).length,
      machine_events: own.filter(({ reasons }) => reasons.length > 0).length,
      human_people: humans.filter((other) => other === key).length,
      ...{ first_at: iso(min(own)), last_at: iso(max(own)) },
    };
  });
}

function hoursOf(messages: readonly Message[]): Row[] {
  const cells = messages.flatMap((message) => {
    const sentAt = min(of(message, 'sent'));
    if (sentAt === null) return [];
    const hour = (at: number): number => Math.min(720, Math.max(0, Math.floor((at - sentAt) / 3_600_000)));
    return (['open', 'click'] as const).flatMap((type) =>
      of(message, type).map((one) => ({
        ...{ message, type, hour: hour(one.at), isMachine: one.reasons.length > 0 },
        isFirst: one === firstOf(of(message, type)),
        isHumanFirst: one === firstOf(humanly(message, type)),
      })),
    );
  });
  return grouped(cells, ({ message, hour }) => `${message.account_id}/${message.job_id} ${hour}`).map(
    (own) => {
      const { message, hour } = first(own);
      const count = (type: string, claim: (cell: (typeof own)[number]) => boolean): number =>
        own.filter((cell) => cell.type === type && claim(cell)).length;
      return {
        ...{ account_id: message.account_id, job_id: message.job_id, hour },
        ...{ opens: count('open', () => true), machine_opens: count('open', (cell) => cell.isMachine) },
        ...{
          first_opens: count('open', (cell) => cell.isFirst),
          human_first_opens: count('open', (c) => c.isHumanFirst),
        },
        ...{ clicks: count('click', () => true), machine_clicks: count('click', (cell) => cell.isMachine) },
        ...{ first_clicks: count('click', (cell) => cell.isFirst) },
        ...{ human_first_clicks: count('click', (cell) => cell.isHumanFirst) },
      };
    },
  );
}

function linksOf(judged: readonly Judged[]): Row[] {
  const clicks = judged.filter(({ event }) => event.type === 'click');
  return grouped(clicks, (one) => `${jobOf(one)} ${one.event.url_id ?? 0}`).map((own) => {
    const people = (some: readonly Judged[]): number =>
      new Set(some.map(({ event }) => event.subscriber_key).filter((key) => key !== null)).size;
    const humans = own.filter(({ reasons }) => reasons.length === 0);
    const { account_id, job_id, url_id } = first(own).event;
    return {
      ...{ account_id, job_id, url_id: url_id ?? 0, clicks: own.length, clickers: people(own) },
      ...{ machine_clicks: own.length - humans.length, human_clickers: people(humans) },
      ...{ first_click_at: iso(min(own)), last_click_at: iso(max(own)) },
    };
  });
}

function domainsOf(messages: readonly Message[], { timeZone }: OracleWorld): Row[] {
  const sent = messages.filter((m) => isSent(m) && m.subscriber_key.includes('@'));
  const domain = (m: Message): string => (m.subscriber_key.split('@')[1] ?? '').toLowerCase();
  const day = (m: Message): string => localDay(min(of(m, 'sent')) ?? 0, timeZone);
  return grouped(sent, (m) => `${m.account_id} ${domain(m)} ${day(m)}`).map((own) => {
    const count = (claim: (message: Message) => boolean): number => own.filter(claim).length;
    return {
      ...{ account_id: first(own).account_id, domain: domain(first(own)), day: day(first(own)) },
      ...{ sent: own.length, delivered: count((m) => !isBounced(m)) },
      ...{
        hard_bounced: count((m) => bounceOf(m) === 'hard'),
        block_bounced: count((m) => bounceOf(m) === 'block'),
      },
      ...{
        soft_bounced: count((m) => bounceOf(m) === 'soft'),
        other_bounced: count((m) => bounceOf(m) === 'other'),
      },
      ...{ opened: count((m) => of(m, 'open').length > 0), human_opened: count(isHumanOpened) },
      ...{ clicked: count((m) => of(m, 'click').length > 0), human_clicked: count(isHumanClicked) },
      unsubscribed: count((m) => of(m, 'unsub').length > 0),
    };
  });
}

function machineOf({ event, reasons }: Judged): Row {
  const { account_id, job_id, batch_id, subscriber_key, type, occurred_at, url_id } = event;
  return {
    ...{ account_id, job_id, batch_id: batch_id ?? 0, subscriber_key, event_type: type },
    ...{
      occurred_at: new Date(occurred_at).toISOString(),
      url_id: url_id ?? null,
      reasons: reasons.toSorted(),
    },
  };
}

function rulesOf(judged: readonly Judged[]): Row[] {
  const met = judged.flatMap(({ event, reasons }) => reasons.map((rule) => ({ event, rule })));
  return grouped(met, ({ event, rule }) => `${event.account_id}/${event.job_id} ${event.type} ${rule}`).map(
    (own) => {
      const { event, rule } = first(own);
      return {
        ...{ account_id: event.account_id, job_id: event.job_id, event_type: event.type, rule },
        ...{ events: own.length, people: new Set(own.map((one) => one.event.subscriber_key)).size },
      };
    },
  );
}

function samePerson(one: Message, other: Message): boolean {
  return (
    one.account_id === other.account_id &&
    one.job_id === other.job_id &&
    one.subscriber_key === other.subscriber_key
  );
}

function isTied(events: readonly Judged[]): boolean {
  return events.filter(({ at }) => at === min(events)).length > 1;
}

function firstOf(events: readonly Judged[]): Judged | undefined {
  return events.toSorted((one, other) => one.at - other.at)[0];
}

function localDay(at: number, timeZone: string): string {
  return new Intl.DateTimeFormat('sv-SE', { timeZone }).format(new Date(at));
}
