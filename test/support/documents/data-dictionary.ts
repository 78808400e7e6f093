import type { Pool } from '../../../src/store/connection/pool.ts';

interface Relation {
  readonly schema: string;
  readonly name: string;
  readonly kind: string;
  readonly about: string | null;
  readonly columns: readonly { name: string; type: string; about: string | null }[];
}

const eventTables = [
  'sent',
  'not_sent',
  'open',
  'click',
  'bounce',
  'unsub',
  'forward',
  'forward_opt_in',
  'survey',
];

/** Chapters of the page: which relations of a schema they show, in which order. */
const chapters: readonly { title: string; about: string; takes: (relation: Relation) => boolean }[] = [
  {
    title: 'Events',
    about:
      'One event is one row, exactly as Marketing Cloud sent it. Filter by `occurred_at`: tables are cut by month.',
    takes: ({ schema, name }) =>
      schema === 'tracking' && eventTables.some((type) => name === `${type}_events`),
  },
  {
    title: 'Names and counters',
    about: 'What events belong to, with Marketing Cloud’s own counters.',
    takes: ({ schema, name }) =>
      schema === 'tracking' && !rollups.has(name) && name !== details && !name.endsWith('_events'),
  },
  {
    title: 'Details of events',
    about: 'What only files say of events; empty unless `EXTRACT_DETAILS=on`.',
    takes: ({ schema, name }) => schema === 'tracking' && name === details,
  },
  {
    title: 'Rollups',
    about: 'Kept up to date after each run. The views below read them.',
    takes: ({ schema, name }) => schema === 'tracking' && (rollups.has(name) || name === 'machine_events'),
  },
  {
    title: 'Views of bi',
    about: 'Those whose names begin with an underscore are Marketing Cloud’s data views, by their own names.',
    takes: ({ schema, kind }) => schema === 'bi' && kind === 'v',
  },
  {
    title: 'Settings of bi',
    about: 'What the views are computed with. Readers may read them, owners change them.',
    takes: ({ schema, kind }) => schema === 'bi' && kind !== 'v',
  },
  {
    title: 'Source views of Fivetran’s package',
    about:
      'What the unmodified dbt package reads, with `salesforce_marketing_cloud__list_enabled: false`. With several accounts there is one schema for each: `fivetran_<mid>`.',
    takes: ({ schema }) => schema === 'fivetran',
  },
];

const details = 'extract_details';

const rollups = new Set([
  ...['recipients', 'subscribers', 'job_totals', 'job_days', 'job_hours', 'link_totals', 'domain_days'],
  ...['engagement_days', 'rule_totals'],
]);

/** docs/data-dictionary.md, written from the comments of a migrated database. */
export async function renderDataDictionary(pool: Pool): Promise<string> {
  const relations = await readRelations(pool);
  const parts = chapters.flatMap(({ title, about, takes }) => [
    `## ${title}`,
    about,
    ...relations.filter(takes).map(renderRelation),
  ]);
  return `${[...preface, ...parts].join('\n\n')}\n`;
}

/** The picture of the page: who joins whom, by which columns. */
export const entityDiagram = `erDiagram
  business_units ||--o{ jobs : "account_id"
  triggered_sends ||--o{ jobs : "account_id, triggered_send_id"
  jobs ||--o{ links : "account_id, job_id"
  jobs ||--o{ lists : "account_id, job_id"
  jobs ||--o{ job_counter_days : "account_id, job_id"
  jobs ||--o{ sent_events : "account_id, job_id"
  jobs ||--o{ open_events : "account_id, job_id"
  jobs ||--o{ click_events : "account_id, job_id"
  jobs ||--o{ bounce_events : "account_id, job_id"
  jobs ||--o{ unsub_events : "account_id, job_id"
  jobs ||--o{ extract_details : "account_id, job_id"
  links ||--o{ click_events : "account_id, job_id, url_id"
  jobs ||--o| job_totals : "account_id, job_id"
  jobs ||--o{ job_days : "account_id, job_id"
  jobs ||--o{ job_hours : "account_id, job_id"
  links ||--o| link_totals : "account_id, job_id, url_id"
  jobs ||--o{ recipients : "account_id, job_id"
  subscribers ||--o{ recipients : "account_id, subscriber_key"
  jobs ||--o{ machine_events : "account_id, job_id"
  jobs ||--o{ rule_totals : "account_id, job_id"`;

const preface = [
  '# Data dictionary',
  'Every table and view that a reader sees, with its columns, as their comments in the database say. This page is written from a\nmigrated database and checked by a test (`UPDATE_DATA_DICTIONARY=1 npm run test:contract -- data-dictionary` writes it).',
  'Instants are `timestamptz`, ids of Marketing Cloud `bigint`. `account_id` is part of every key. What the log of events and the\nledger are made of is no interface and not on this page.',
  '## Who joins whom',
  `\`\`\`mermaid\n${entityDiagram}\n\`\`\``,
];

async function readRelations(pool: Pool): Promise<Relation[]> {
  const { rows } = await pool.query<Relation>(
    `select nspname as schema, relname as name, relkind as kind, obj_description(class.oid, 'pg_class') as about,
            (select json_agg(json_build_object('name', attname, 'type', format_type(atttypid, atttypmod),
                                               'about', col_description(class.oid, attnum)) order by attnum)
             from pg_attribute where attrelid = class.oid and attnum > 0 and not attisdropped) as columns
     from pg_class as class join pg_namespace as schema on schema.oid = class.relnamespace
     where relkind in ('r', 'p', 'v') and not relispartition and nspname in ('tracking', 'bi', 'fivetran')
     order by nspname, relname collate "C"`,
  );
  return rows;
}

function renderRelation({ schema, name, about, columns }: Relation): string {
  const rows = columns.map(
    (column) => `| \`${column.name}\` | ${shortType(column.type)} | ${cell(column.about)} |`,
  );
  return [
    `### \`${schema}.${name}\``,
    '',
    cell(about),
    '',
    ...['| column | type | meaning |', '| --- | --- | --- |', ...rows],
  ].join('\n');
}

function shortType(type: string): string {
  return type
    .replace('timestamp with time zone', 'timestamptz')
    .replace('timestamp without time zone', 'timestamp');
}

function cell(text: string | null): string {
  return (text ?? '')
    .replaceAll('|', '\\|')
    .replaceAll('<', '&lt;')
    .replaceAll('*', '\\*')
    .replaceAll('_', '\\_');
}
