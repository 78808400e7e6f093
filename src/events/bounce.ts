import { commonEventColumns, defineEvent } from './define-event.ts';

/** A mail was returned by the receiving server, at once or after days of trying. */
export const bounce = defineEvent({
  name: 'bounce',
  objectType: 'BounceEvent',
  table: 'bounce_events',
  columns: {
    ...commonEventColumns,
    bounce_kind: { property: 'EventType', kind: 'text', optional: true },
    bounce_category: { property: 'BounceCategory', kind: 'text', optional: true },
    bounce_type: { property: 'BounceType', kind: 'text', optional: true },
    smtp_code: { property: 'SMTPCode', kind: 'text', optional: true },
    smtp_reason: { property: 'SMTPReason', kind: 'text', optional: true, person: 'text' },
  },
  // One mail can bounce several times: soft on each retry, hard in the end. Kind, type and code tell those of
  // one instant apart. The server's text is not in the key: it is free-form and says nothing more than the code.
  identity: ['batch_id', 'subscriber_key', 'bounce_kind', 'bounce_type', 'smtp_code'],
  // Mail servers retry for up to three days, and the bounce is recorded after that.
  overlapMinutes: 4 * 24 * 60,
  arrival: 'with-send',
  expectedPerSent: 0.02,
  // Not completed by the Send's bounce counters: they can agree today and grow with a bounce of next week.
});
