import { commonEventColumns, defineEvent } from './define-event.ts';

/** A subscriber opted out, of one list or of all mail. */
export const unsub = defineEvent({
  name: 'unsub',
  objectType: 'UnsubEvent',
  table: 'unsub_events',
  columns: {
    ...commonEventColumns,
    list_id: { property: 'List.ID', kind: 'integer', optional: true },
    is_master_unsubscribed: { property: 'IsMasterUnsubscribed', kind: 'boolean', optional: true },
  },
  // One click can opt out of several lists at one instant, and of all mail besides.
  identity: ['batch_id', 'subscriber_key', 'list_id', 'is_master_unsubscribed'],
  overlapMinutes: 4 * 24 * 60,
  arrival: 'reaction',
  expectedPerSent: 0.005,
});
