import { commonEventColumns, defineEvent } from './define-event.ts';

/** A message left for a subscriber. One job can send to the same person several times. */
export const sent = defineEvent({
  name: 'sent',
  objectType: 'SentEvent',
  table: 'sent_events',
  columns: {
    ...commonEventColumns,
    list_id: { property: 'ListID', kind: 'integer', optional: true },
    subscriber_id: { property: 'SubscriberID', kind: 'integer', optional: true, person: 'id' },
  },
  // A triggered job mails one person again and again: batch and time tell those apart. The list is in
  // the key because one person can be on two lists of a send. The numeric subscriber id is not: it says
  // nothing the key does not.
  identity: ['batch_id', 'subscriber_key', 'list_id'],
  overlapMinutes: 24 * 60,
  arrival: 'with-send',
  expectedPerSent: 1,
  completedBy: 'number_sent',
});
