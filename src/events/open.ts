import { commonEventColumns, defineEvent } from './define-event.ts';

/** A subscriber's mail program fetched the tracking pixel. Repeat opens are separate events. */
export const open = defineEvent({
  name: 'open',
  objectType: 'OpenEvent',
  table: 'open_events',
  columns: commonEventColumns,
  // Nothing else is retrievable on an open: two opens of one person in one clock tick count once.
  identity: ['batch_id', 'subscriber_key'],
  overlapMinutes: 24 * 60,
  arrival: 'reaction',
  expectedPerSent: 0.5,
});
