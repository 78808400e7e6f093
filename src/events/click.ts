import { commonEventColumns, defineEvent } from './define-event.ts';

/** A subscriber followed a tracked link. Repeat clicks are separate events. */
export const click = defineEvent({
  name: 'click',
  objectType: 'ClickEvent',
  table: 'click_events',
  columns: {
    ...commonEventColumns,
    url_id: { property: 'URLID', kind: 'integer', optional: true },
    url: { property: 'URL', kind: 'text', optional: true, person: 'text' },
  },
  // Two links at one instant are two clicks, so the link is in the key: its id, and its text, because an
  // id past 2^31 may arrive wrapped.
  identity: ['batch_id', 'subscriber_key', 'url_id', 'url'],
  overlapMinutes: 24 * 60,
  arrival: 'reaction',
  expectedPerSent: 0.1,
});
