import { commonEventColumns, defineEvent } from './define-event.ts';

/** A subscriber forwarded a message with the forward-to-a-friend form. */
export const forward = defineEvent({
  name: 'forward',
  objectType: 'ForwardedEmailEvent',
  table: 'forward_events',
  columns: commonEventColumns,
  // Nothing else is retrievable: two forwards by one person in one clock tick count once.
  identity: ['batch_id', 'subscriber_key'],
  overlapMinutes: 24 * 60,
  arrival: 'reaction',
  expectedPerSent: 0.001,
  isOptional: true,
});
