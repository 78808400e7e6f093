import { commonEventColumns, defineEvent } from './define-event.ts';

/** A mail was held back: the address was invalid, excluded or known to be undeliverable. */
export const notSent = defineEvent({
  name: 'not_sent',
  objectType: 'NotSentEvent',
  table: 'not_sent_events',
  columns: {
    ...commonEventColumns,
    list_id: { property: 'ListID', kind: 'integer', optional: true },
    subscriber_id: { property: 'SubscriberID', kind: 'integer', optional: true, person: 'id' },
  },
  // As for a sent event: batch and time tell mails of a triggered job apart, the list those of one send.
  identity: ['batch_id', 'subscriber_key', 'list_id'],
  // Recorded while the send runs and for days after it.
  overlapMinutes: 4 * 24 * 60,
  arrival: 'with-send',
  expectedPerSent: 0.02,
  // Not completed by a counter: NumberErrored, NumberExcluded and the rest add up to it only roughly.
});
