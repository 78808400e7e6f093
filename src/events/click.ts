import { commonEventColumns, defineEvent } from './define-event.ts';

/** A subscriber followed a tracked link. Repeat clicks are separate events. */
export const click = defineEvent({
  name: 'click',
  objectType: 'ClickEvent',
  table: 'click_events',
  columns: {
    ...commonEventColumns,
    url_id: { property: 'URLID', kind: 'integer', optional: true },
    url: { property: 'URL', kind: 'text', optional: true },
  },
  // Two links at one instant are two clicks, so the link is in the key: its id, and a hash of its text,
  // because a URL may be longer than an index entry and an id past 2^31 may arrive wrapped.
  identity: ['occurred_at', 'job_id', 'batch_id', { hashOf: 'subscriber_key' }, 'url_id', { hashOf: 'url' }],
  overlapMinutes: 24 * 60,
  expectedPerSent: 0.1,
});
