import fc from 'fast-check';
import { eventTypes, type TestEvent } from './tracking-events.ts';

// A night on which Berlin’s clocks change, at the end of a month.
const firstSend = Date.parse('2026-03-28T22:30:00Z');

/** Few people, jobs and seconds, so that events meet in every way there is. */
export const anEvent: fc.Arbitrary<TestEvent> = fc
  .record({
    type: fc.constantFrom(...eventTypes, 'open', 'click', 'click', 'sent'),
    account_id: fc.constantFrom(1, 1, 1, 2),
    job_id: fc.constantFrom(41, 42),
    batch_id: fc.constantFrom(0, 0, 7, null),
    subscriber_key: fc.constantFrom('anna@one.example', 'ben@TWO.example', 'C-3', null),
    delayMs: fc.oneof(
      fc.integer({ min: 0, max: 14 }).map((seconds) => seconds * 1000),
      fc.integer({ min: 0, max: 50 }).map((hours) => hours * 1_800_000),
      fc.constantFrom(40 * 86_400_000, -3_600_000),
    ),
    choice: fc.integer({ min: 0, max: 5 }),
  })
  .map(({ delayMs, choice, ...event }) => ({
    ...event,
    occurred_at: new Date(firstSend + delayMs).toISOString(),
    ...ownColumnsOf(event.type, choice),
  }));

function ownColumnsOf(type: TestEvent['type'], choice: number): Partial<TestEvent> {
  const kinds = ['HardBounce', 'SoftBounce', 'SoftBounce', 'OtherBounce', null, 'SoftBounce'];
  const categories = [
    'Hard bounce - User Unknown',
    'Block bounce',
    'Soft bounce',
    null,
    'block bounce',
    'Soft bounce',
  ];
  switch (type) {
    case 'sent':
    case 'not_sent':
      return { list_id: choice % 2 === 0 ? 77 : 78, subscriber_id: choice % 2 === 0 ? 500 : null };
    case 'click':
      return { url_id: choice === 5 ? null : choice, url: `https://example.com/${choice}` };
    case 'bounce':
      return {
        ...{ bounce_kind: kinds[choice] ?? null, bounce_category: categories[choice] ?? null },
        ...{ bounce_type: String(choice), smtp_code: '550', smtp_reason: 'no' },
      };
    case 'unsub':
      return { list_id: choice, is_master_unsubscribed: choice === 3 };
    case 'forward_opt_in':
      return { opt_in_subscriber_key: `friend-${choice}` };
    case 'survey':
      return { question: `q${choice}`, answer: 'yes' };
    case 'open':
    case 'forward':
      return {};
  }
}
