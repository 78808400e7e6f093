import { statement } from '../../../src/bi/statement.ts';

const tablesOf = (text: string): string[] =>
  Array.from(text.matchAll(/from (tracking\.\w+_events|bi\.all_events)/gu), ([, table = '']) => table);

const messages = 'messages/compute-messages';

it('reads the tables of the types that are needed, and sent events always', () => {
  expect(tablesOf(statement(messages))).toEqual(['tracking.sent_events']);
  expect(tablesOf(statement(messages, new Set(['open', 'survey'])))).toEqual([
    'tracking.sent_events',
    'tracking.open_events',
    'tracking.survey_events',
  ]);
});

it('leaves out branches at any depth, with the unions within them', () => {
  const none = statement('totals/write-days');
  expect(none).not.toMatch(/-- if|machine_event where|opened_at/u);
  const withReactions = statement('totals/write-days', new Set(['reactions', 'moved open']));
  expect(withReactions.match(/-- if [\w ]+/gu)).toEqual([
    '-- if moved open',
    '-- if reactions',
    '-- if reactions',
    '-- if reactions',
  ]);
  expect(withReactions).toContain(
    `select -1, job_id, event_type, occurred_at from pg_temp.old_machine_event`,
  );
});

it.each([
  { name: 'totals/write-hours', needed: 'part jobs' },
  { name: 'totals/write-links', needed: 'part jobs' },
  { name: 'messages/collect-reactions', needed: 'whole jobs' },
  { name: 'messages/find-ties', needed: 'bounces or unsubscribes' },
])('$name reads events where there are $needed', ({ name, needed }) => {
  const [without, all] = [statement(name), statement(name, new Set([needed]))];
  expect(without).not.toContain('bi.all_events');
  expect(all).toContain('bi.all_events');
  // Postgres refuses a parameter below the last one that the statement does not name.
  for (const text of [without, all]) {
    const named = new Set(Array.from(text.replaceAll(/--.*/gu, '').matchAll(/\$\d/gu), String));
    expect([...named].toSorted()).toEqual(Array.from(named, (_, at) => `$${at + 1}`));
  }
});
