import { commonEventColumns, defineEvent } from './define-event.ts';

/** A person who was forwarded a message subscribed. */
export const forwardOptIn = defineEvent({
  name: 'forward_opt_in',
  objectType: 'ForwardedEmailOptInEvent',
  table: 'forward_opt_in_events',
  columns: {
    ...commonEventColumns,
    opt_in_subscriber_key: { property: 'OptInSubscriberKey', kind: 'text', optional: true, person: 'key' },
  },
  // `subscriber_key` is the person who forwarded the message; several friends of hers can subscribe at one instant.
  identity: ['batch_id', 'subscriber_key', 'opt_in_subscriber_key'],
  overlapMinutes: 24 * 60,
  arrival: 'reaction',
  expectedPerSent: 0.0005,
  isOptional: true,
});
