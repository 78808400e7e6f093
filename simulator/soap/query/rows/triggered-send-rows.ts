import type { QueryContext } from '../event-query.ts';
import type { Row, Value } from './rows.ts';
import { countAll, countFitting, countMails, countPeople } from '../../../world/counting.ts';
import type { EventSet } from '../../../world/event-sets.ts';
import type { JobTruth, NotSentCause, SimulatedEventType } from '../../../world/truth.ts';

/** A definition with all its jobs: each time it is published again a new one begins. */
interface Definition {
  readonly first: JobTruth;
  readonly latest: JobTruth;
  readonly jobs: readonly JobTruth[];
}

export function definitionRows(jobs: readonly JobTruth[]): Row[] {
  return definitionsOf(jobs).map(({ first, latest }) => {
    const values: Readonly<Record<string, Value>> = {
      'Client.ID': latest.accountId,
      TestEmailAddr: '',
      CreatedDate: first.createdAt,
      ModifiedDate: latest.modifiedAt,
      ObjectID: latest.triggeredSendId,
      CustomerKey: customerKeyOf(first),
      Name: latest.subject,
      Description: '',
      Keyword: '',
      CategoryID: 1234,
      FromName: 'Example & Sons',
      FromAddress: 'sender@example.com',
      TriggeredSendType: 'Continuous',
      TriggeredSendStatus: latest.triggeredSendStatus,
      'Email.ID': latest.emailId,
      'List.ID': latest.listIds[0],
      BatchInterval: 0,
      EmailSubject: latest.subject,
      DynamicEmailSubject: latest.subject,
      AllowedSlots: 0,
      NewSlotTrigger: 0,
    };
    const flags = /^(Is|Auto|Suppress)/;
    return (property) => values[property] ?? (flags.test(property) ? false : null);
  });
}

/** What all jobs of a definition have brought so far. */
export function summaryRows(jobs: readonly JobTruth[], { world, nowMs }: QueryContext): Row[] {
  return definitionsOf(jobs).map((definition) => {
    const sets = (type: SimulatedEventType): EventSet[] =>
      definition.jobs.flatMap((job) => world.countedSets(type, job.accountId, job.jobId));
    const count = (type: SimulatedEventType) => () => countAll(sets(type), nowMs);
    const people = (type: SimulatedEventType) => () => countPeople(sets(type), nowMs);
    const heldBack =
      (...causes: NotSentCause[]) =>
      () =>
        countFitting(sets('not_sent'), nowMs, ({ cause = 'errored' }) => causes.includes(cause));
    const { first, latest } = definition;
    const values: Readonly<Record<string, () => Value>> = {
      'Client.ID': () => latest.accountId,
      ObjectID: () => latest.triggeredSendId,
      'TriggeredSendDefinition.ObjectID': () => latest.triggeredSendId,
      CustomerKey: () => customerKeyOf(first),
      Sent: count('sent'),
      NotSentDueToOptOut: heldBack('unsubscribed'),
      NotSentDueToUndeliverable: heldBack('undeliverable', 'invalid'),
      NotSentDueToError: heldBack('errored', 'excluded'),
      Bounces: () => countMails(sets('bounce'), nowMs),
      Opens: count('open'),
      UniqueOpens: people('open'),
      Clicks: count('click'),
      UniqueClicks: people('click'),
      OptOuts: count('unsub'),
      SurveyResponses: () => countMails(sets('survey'), nowMs),
      FTAFRequests: count('forward'),
      FTAFEmailsSent: count('forward'),
      FTAFOptIns: count('forward_opt_in'),
    };
    // Conversions need a website; InProcess and Queued are deprecated.
    const zeros = /^(Conversions|UniqueConversions|InProcess|Queued)$/;
    return (property) => values[property]?.() ?? (zeros.test(property) ? 0 : null);
  });
}

function definitionsOf(jobs: readonly JobTruth[]): Definition[] {
  const triggered = jobs
    .filter((job) => job.kind === 'triggered')
    .toSorted((left, right) => left.createdAt.getTime() - right.createdAt.getTime());
  const groups = Map.groupBy(triggered, (job) => `${job.accountId}/${job.triggeredSendId ?? ''}`).values();
  return [...groups].flatMap((group) => {
    const [first] = group;
    const latest = group.at(-1);
    return first === undefined || latest === undefined ? [] : [{ first, latest, jobs: group }];
  });
}

function customerKeyOf(job: JobTruth): string {
  return `triggered-${job.jobId}`;
}
