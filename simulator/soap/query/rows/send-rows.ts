import type { QueryContext } from '../event-query.ts';
import type { Row, Value } from './rows.ts';
import { countAll, countFitting, countMails, countPeople } from '../../../world/counting.ts';
import type { EventSet } from '../../../world/event-sets.ts';
import { createRandom, randomGuid } from '../../../world/random.ts';
import type { JobTruth, NotSentCause, SimulatedEventType } from '../../../world/truth.ts';

type Counters = Readonly<Record<string, () => number | null>>;

/** A job as `Send` shows it, with counters that agree with what happened. */
export function sendRow(job: JobTruth, context: QueryContext): Row {
  const counters = sendCounters(job, context);
  // Marketing Cloud: Subject and EmailName come padded with spaces.
  const values: Readonly<Record<string, Value>> = {
    'Client.ID': job.accountId,
    CreatedDate: job.createdAt,
    ModifiedDate: job.modifiedAt,
    ID: job.jobId,
    'Email.ID': job.emailId,
    SendDate: job.scheduledAt,
    FromAddress: 'sender@example.com',
    FromName: 'Example & Sons',
    Subject: job.subject.padEnd(60),
    EmailName: job.emailName.padEnd(40),
    SentDate: job.sentAt,
    Status: job.status,
    IsMultipart: true,
    IsAlwaysOn: false,
    'EmailSendDefinition.ObjectID':
      job.kind === 'list' ? randomGuid(createRandom(job.accountId, job.jobId)) : null,
    'EmailSendDefinition.CustomerKey': job.kind === 'list' ? `send-${job.jobId}` : null,
  };
  return (property) => values[property] ?? counters[property]?.() ?? null;
}

/** The counters of a job by list: people are on the send's lists in turn. */
export function listSendRows(job: JobTruth, context: QueryContext): Row[] {
  return job.listIds.map((listId, place) => {
    const counters = sendCounters(job, context, { place, of: job.listIds.length });
    const values: Readonly<Record<string, Value>> = {
      'Client.ID': job.accountId,
      ID: 0,
      SendID: job.jobId,
      'List.ID': listId,
      'List.ListName': `List ${listId}`,
    };
    return (property) => values[property] ?? counters[property]?.() ?? null;
  });
}

interface ListPlace {
  readonly place: number;
  readonly of: number;
}

function sendCounters(job: JobTruth, context: QueryContext, list: ListPlace = { place: 0, of: 1 }): Counters {
  const { events, people, mails, bounced, heldBack } = countersOf(job, context, list);
  const isUnsent = job.kind === 'list' && job.sentAt === null;
  const sent = (): number | null => {
    if (job.numberSent !== undefined && list.of === 1) return job.numberSent;
    const counted = events('sent')();
    return isUnsent && counted === 0 ? null : counted;
  };
  return {
    NumberSent: sent,
    NumberDelivered: () => {
      const number = sent();
      return number === null ? null : number - mails('bounce')();
    },
    NumberTargeted: () => (sent() ?? 0) + events('not_sent')(),
    NumberErrored: heldBack('errored'),
    NumberExcluded: heldBack('excluded'),
    ExistingUnsubscribes: heldBack('unsubscribed'),
    ExistingUndeliverables: heldBack('undeliverable'),
    InvalidAddresses: heldBack('invalid'),
    Duplicates: () => 0,
    MissingAddresses: () => 0,
    HardBounces: bounced('HardBounce'),
    SoftBounces: bounced('SoftBounce'),
    OtherBounces: bounced('OtherBounce'),
    UniqueOpens: people('open'),
    UniqueClicks: people('click'),
    Unsubscribes: events('unsub'),
    ForwardedEmails: events('forward'),
  };
}

type Count = () => number;

/** What can be counted of a job, or of those of its people who are on one of its lists. */
function countersOf(job: JobTruth, { world, nowMs }: QueryContext, list: ListPlace) {
  const counter = (type: SimulatedEventType, what: string, count: (sets: readonly EventSet[]) => number) => {
    const name = `${type} ${what} ${list.place}/${list.of}`;
    const countNow = (): number => {
      const whole = world.countedSets(type, job.accountId, job.jobId);
      return count(list.of === 1 ? whole : whole.map((set) => partOf(set, list)));
    };
    return () => world.counter(job, { name, type, count: countNow }, nowMs);
  };
  return {
    events: (type: SimulatedEventType): Count => counter(type, 'events', (sets) => countAll(sets, nowMs)),
    people: (type: SimulatedEventType): Count => counter(type, 'people', (sets) => countPeople(sets, nowMs)),
    mails: (type: SimulatedEventType): Count => counter(type, 'mails', (sets) => countMails(sets, nowMs)),
    bounced: (kind: string): Count =>
      counter('bounce', kind, (sets) =>
        countMails(sets, nowMs, ({ properties }) => (properties?.['EventType'] ?? 'HardBounce') === kind),
      ),
    heldBack: (wanted: NotSentCause): Count =>
      counter('not_sent', wanted, (sets) =>
        countFitting(sets, nowMs, ({ cause = 'errored' }) => cause === wanted),
      ),
  };
}

/** Those events of a set whose people are on one list of the send. */
function partOf(set: EventSet, { place, of }: ListPlace): EventSet {
  const indexes: number[] = [];
  for (let index = 0; index < set.size; index += 1) {
    const person = set.person(index);
    // Listed events name people by key and are counted under the first list.
    if ((typeof person === 'number' ? person % of : 0) === place) indexes.push(index);
  }
  const at = (index: number): number => indexes[index] ?? 0;
  return {
    ...set,
    size: indexes.length,
    availableAt: (index) => set.availableAt(at(index)),
    event: (index) => set.event(at(index)),
    firstFrom: (instantMs) => {
      const first = set.firstFrom(instantMs);
      const found = indexes.findIndex((index) => index >= first);
      return found >= 0 ? found : indexes.length;
    },
    person: (index) => set.person(at(index)),
  };
}
