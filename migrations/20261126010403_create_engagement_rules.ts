import type { Knex } from 'knex';

type Comments = readonly (readonly [name: string, comment: string])[];

const rules: Comments = [
  ['rule', 'its name; the reason that a flagged event carries'],
  ['applies_to', 'open or click'],
  ['seconds', 'length of the span the rule looks at'],
  ['count', 'least number of different links (for domain_burst: of people) in that span'],
  ['share', 'least share of the job’s links (for domain_burst: of the domain’s recipients); null: any'],
  ['pattern', 'for honeypot_link: the alias of such a link, as in ilike'],
  ['enabled', 'switched on; after a change the rollups of all jobs are computed again'],
  ['description', 'what it finds, and what it may get wrong'],
];

const state: Comments = [
  ['account_id', 'MID'],
  ['time_zone', 'time zone that the days of the rollups were computed in'],
  ['rules', 'digest of the rules in bi.engagement_rules that they were computed with'],
  ['built_at', 'when all jobs of the account were last marked to be computed'],
  ['is_building', 'people and domains are computed over all jobs once none is left, not job by job'],
  ['refreshed_at', 'when the refresher last found nothing left to do'],
  ['checked_at', 'when a sample was last compared with the events'],
  ['checked_jobs', 'jobs in that sample'],
  ['mismatches', 'jobs of it whose rollups differed; they were computed again'],
];

export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    create table bi.engagement_rules (
      rule text primary key,
      applies_to text not null check (applies_to in ('open', 'click', 'open and click')),
      seconds numeric not null check (seconds >= 0),
      count integer check (count > 0),
      share numeric check (share > 0 and share <= 1),
      pattern text,
      enabled boolean not null,
      description text not null
    );
    create table pipeline.rollup_state (
      account_id bigint primary key,
      time_zone text not null,
      rules text not null,
      built_at timestamptz not null,
      is_building boolean not null,
      refreshed_at timestamptz,
      checked_at timestamptz,
      checked_jobs bigint,
      mismatches bigint
    )`);
  await knex('bi.engagement_rules').insert(firstRules);
  await commentOn(
    knex,
    'bi.engagement_rules',
    'When an open or a click counts as made by a machine. Change thresholds here; the events stay as they are.',
    rules,
  );
  await commentOn(
    knex,
    'pipeline.rollup_state',
    'What the rollups of each account were computed with.',
    state,
  );
}

export async function down(knex: Knex): Promise<void> {
  await knex.raw('drop table pipeline.rollup_state, bi.engagement_rules');
}

async function commentOn(knex: Knex, table: string, comment: string, columns: Comments): Promise<void> {
  await knex.raw(`comment on table ${table} is '${comment}'`);
  for (const [column, text] of columns) await knex.raw(`comment on column ${table}.${column} is '${text}'`);
}

const firstRules = [
  {
    rule: 'click_soon_after_send',
    ...{ applies_to: 'click', seconds: 10, count: null, share: null, pattern: null, enabled: true },
    description:
      'A click within so many seconds after the message was sent: gateways that scan links before they deliver. A person can hardly be that fast.',
  },
  {
    rule: 'many_links_at_once',
    ...{ applies_to: 'click', seconds: 2, count: 3, share: null, pattern: null, enabled: true },
    description:
      'One person clicks this many different links of one message within so many seconds: scanners that follow all links, at any time after the send. Messages with fewer links never meet it.',
  },
  {
    rule: 'two_links_at_once',
    ...{ applies_to: 'click', seconds: 1, count: 2, share: null, pattern: null, enabled: false },
    description:
      'As many_links_at_once, for messages with two links. Off: a person who taps an image and the text below it does the same.',
  },
  {
    rule: 'every_link_clicked',
    ...{ applies_to: 'click', seconds: 60, count: 5, share: 0.8, pattern: null, enabled: true },
    description:
      'One person clicks nearly all links of one message, and at least this many, within so many seconds: slow scanners. Needs the links of the job in tracking.links.',
  },
  {
    rule: 'open_soon_after_send',
    ...{ applies_to: 'open', seconds: 10, count: null, share: null, pattern: null, enabled: true },
    description:
      'An open within so many seconds after the message was sent: gateways that load images. Privacy proxies load them minutes to hours later and cannot be told from people.',
  },
  {
    rule: 'honeypot_link',
    ...{ applies_to: 'click', seconds: 60, count: null, share: null, pattern: '%honeypot%', enabled: true },
    description:
      'A click on a link whose alias matches the pattern, which no person can see, and that person’s clicks on the message within so many seconds of it.',
  },
  {
    rule: 'domain_burst',
    ...{ applies_to: 'open and click', seconds: 5, count: 5, share: 0.8, pattern: null, enabled: false },
    description:
      'At least this many people of one domain, and this share of its recipients in the job, open or click within so many seconds of each other: one gateway for all of them. Off: it needs addresses as subscriber keys, and small domains meet it by chance.',
  },
];
