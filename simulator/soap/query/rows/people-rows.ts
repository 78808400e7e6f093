import type { QueryContext } from '../event-query.ts';
import type { Row, Value } from './rows.ts';
import { eventsBy } from '../../../world/counting.ts';
import type { JobTruth } from '../../../world/truth.ts';

/** Everyone who was ever sent a mail, one row each, as `Subscriber` shows them. */
export function subscriberRows(jobs: readonly JobTruth[], context: QueryContext): Row[] {
  return mostRecent(jobs, context, (mail) => String(mail.subscriberKey)).map((mail) =>
    rowOf({
      ...commonValues(mail),
      ID: mail.subscriberId,
      EmailAddress: mail.subscriberKey,
      EmailTypePreference: 'HTML',
    }),
  );
}

/** The same by list, as `ListSubscriber` shows them. */
export function listSubscriberRows(jobs: readonly JobTruth[], context: QueryContext): Row[] {
  return mostRecent(jobs, context, (mail) => `${mail.listId} ${mail.subscriberKey}`)
    .filter(({ listId }) => listId !== null)
    .map((mail) => rowOf({ ...commonValues(mail), ID: mail.listId, ListID: mail.listId }));
}

interface Mail {
  readonly accountId: number;
  readonly subscriberKey: string | null;
  readonly subscriberId: number | null;
  readonly listId: number | null;
  readonly occurredAt: number;
  readonly unsubscribedAt: number | undefined;
}

/** The last mail of each key that `keyOf` gives; people without a subscriber key are left out. */
function mostRecent(
  jobs: readonly JobTruth[],
  { world, nowMs }: QueryContext,
  keyOf: (mail: Omit<Mail, 'unsubscribedAt'>) => string,
): Mail[] {
  const mails = new Map<string, Mail>();
  const left = new Map<string, number>();
  for (const { accountId, jobId } of jobs) {
    for (const { subscriberKey, occurredAt } of eventsBy(world.sets('unsub', accountId, jobId), nowMs))
      left.set(`${accountId} ${subscriberKey}`, occurredAt);
  }

  for (const { accountId, jobId } of jobs) {
    for (const event of eventsBy(world.sets('sent', accountId, jobId), nowMs)) {
      const { subscriberKey, subscriberId, listId, occurredAt } = event;
      const mail = { accountId, subscriberKey, subscriberId, listId, occurredAt };
      if (subscriberKey !== null) {
        mails.set(`${accountId} ${keyOf(mail)}`, {
          ...mail,
          unsubscribedAt: left.get(`${accountId} ${subscriberKey}`),
        });
      }
    }
  }
  return [...mails.values()];
}

function commonValues({
  accountId,
  subscriberKey,
  occurredAt,
  unsubscribedAt,
}: Mail): Readonly<Record<string, Value>> {
  return {
    'Client.ID': accountId,
    SubscriberKey: subscriberKey,
    CreatedDate: new Date(occurredAt),
    ModifiedDate: new Date(unsubscribedAt ?? occurredAt),
    Status: unsubscribedAt === undefined ? 'Active' : 'Unsubscribed',
    UnsubscribedDate: unsubscribedAt === undefined ? null : new Date(unsubscribedAt),
  };
}

function rowOf(values: Readonly<Record<string, Value>>): Row {
  return (property) => values[property] ?? null;
}
