import { linksOf } from './links.ts';
import { subscriberIdOf, subscriberKeyOf } from './subscribers.ts';
import type { JobTruth, NotSentCause, SimulatedEventType, TruthEvent } from './truth.ts';

/** What an event has beyond the properties that all events share. */
export type EventDetails = Pick<
  TruthEvent,
  'listId' | 'subscriberId' | 'urlId' | 'url' | 'properties' | 'cause'
>;

const none: EventDetails = { listId: null, subscriberId: null, urlId: null, url: null };

interface BounceCase {
  readonly kind: 'HardBounce' | 'SoftBounce' | 'OtherBounce';
  readonly category: string;
  readonly code: string | null;
  readonly type: 'immediate' | 'delayed';
  readonly reason: string;
}

// Marketing Cloud: EventType has three kinds only; the category tells blocks apart. `KEY` becomes the address.
const bounceCases = [
  bounceCase('HardBounce', 'Hard bounce - User Unknown', '550', 'immediate', '5.1.1 <KEY>: unknown user'),
  bounceCase('HardBounce', 'Hard bounce - Domain Unknown', '512', 'immediate', '5.1.2 Host not found'),
  bounceCase('SoftBounce', 'Soft bounce - Mailbox Full', '452', 'immediate', '4.2.2 <KEY>: over quota'),
  bounceCase('SoftBounce', 'Soft bounce - Mailbox Full', '452', 'delayed', '4.2.2 <KEY>: over quota'),
  bounceCase(
    'SoftBounce',
    'Soft bounce - Temporarily Unavailable',
    '421',
    'delayed',
    '4.4.1 Try again later',
  ),
  bounceCase('SoftBounce', 'Block bounce - Spam Detected', '554', 'immediate', '5.7.1 Blocked & reported'),
  bounceCase('OtherBounce', 'Technical or other bounce - Data Format Error', null, 'immediate', 'Bad header'),
  bounceCase(
    'HardBounce',
    'Hard bounce - User Unknown',
    '550',
    'delayed',
    '5.1.1 <KEY>: gave up after retries',
  ),
] as const;

/** Numbers of the bounce cases, as the generator draws them. */
export const bounceNumbers = {
  unknownUser: 0,
  unknownDomain: 1,
  mailboxFull: 2,
  mailboxStillFull: 3,
  unavailable: 4,
  blocked: 5,
  technical: 6,
  gaveUp: 7,
} as const;

/** Why mails are held back, in the order of the numbers in the columns. */
export const notSentCauses: readonly NotSentCause[] = [
  'unsubscribed',
  'undeliverable',
  'excluded',
  'errored',
  'invalid',
];

// Customers write these texts: markup, line breaks and nothing at all arrive too.
const survey = [
  {
    question: 'How do you like our mails?',
    choices: ['Very much', 'Well enough', 'Not <b>at all</b>', null],
  },
  { question: 'How often should we write?', choices: ['Daily', 'Weekly', 'Monthly & no more', 'Never'] },
  { question: 'What else?', choices: ['Nothing', 'More size 48\nand up', '007', 'Grüße 👋'] },
] as const;

export const surveyShape = { questions: survey.length, choices: 4 } as const;

/** Gives the details of a job's events of one type, by their number in the columns and the subscriber's. */
export function detailsOf(
  type: SimulatedEventType,
  job: JobTruth,
): (detail: number, subscriber: number) => EventDetails {
  const listIdOf = (subscriber: number): number => job.listIds[subscriber % job.listIds.length] ?? 0;
  switch (type) {
    case 'click': {
      const links = linksOf(job.jobId).map(({ urlId, url }) => ({ ...none, urlId, url }));
      return (detail) => links[detail] ?? none;
    }
    case 'sent':
      return (_, subscriber) => ({
        listId: listIdOf(subscriber),
        subscriberId: subscriberIdOf(subscriber),
        urlId: null,
        url: null,
      });
    case 'not_sent':
      return (detail, subscriber) => ({
        ...none,
        listId: listIdOf(subscriber),
        subscriberId: subscriberIdOf(subscriber),
        cause: notSentCauses[detail],
      });
    case 'bounce':
      return (detail, subscriber) => ({ ...none, properties: bounceProperties(detail, subscriber) });
    case 'unsub':
      return (detail, subscriber) => ({
        ...none,
        listId: listIdOf(subscriber),
        properties: { IsMasterUnsubscribed: String(detail === 1) },
      });
    case 'forward_opt_in':
      return (detail, subscriber) => ({
        ...none,
        properties: { OptInSubscriberKey: `friend${detail}-of-${subscriber}@example.com` },
      });
    case 'survey':
      return (detail) => ({ ...none, properties: surveyProperties(detail) });
    case 'open':
    case 'forward':
      return () => none;
  }
}

function bounceProperties(detail: number, subscriber: number): Record<string, string | null> {
  const { kind, category, code, type, reason } = bounceCases[detail] ?? bounceCases[0];
  return {
    EventType: kind,
    SMTPCode: code,
    BounceCategory: category,
    BounceType: type,
    SMTPReason: reason.replace('KEY', subscriberKeyOf(subscriber) ?? ''),
  };
}

function surveyProperties(detail: number): Record<string, string | null> {
  const posed = survey[Math.floor(detail / surveyShape.choices) % survey.length] ?? survey[0];
  return { Question: posed.question, Answer: posed.choices[detail % surveyShape.choices] ?? null };
}

function bounceCase(
  kind: BounceCase['kind'],
  category: string,
  code: string | null,
  type: BounceCase['type'],
  reason: string,
): BounceCase {
  return { kind, category, code, type, reason };
}
