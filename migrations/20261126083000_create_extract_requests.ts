import type { Knex } from 'knex';

const comments: readonly (readonly [object: string, comment: string])[] = [
  [
    'table pipeline.extract_requests',
    'Tracking Extracts that were requested, each entered before its request left; done and failed ones leave with the ledger.',
  ],
  ['column pipeline.extract_requests.request_id', 'number of the request'],
  [
    'column pipeline.extract_requests.scope',
    'what the command was given: the same command finds its requests by it',
  ],
  [
    'column pipeline.extract_requests.round',
    'grows each time a command whose requests are all settled is given again',
  ],
  ['column pipeline.extract_requests.account_id', 'MID'],
  ['column pipeline.extract_requests.event_types', 'event types of the extract'],
  ['column pipeline.extract_requests.job_ids', 'JobIDs it is limited to; null: all'],
  ['column pipeline.extract_requests.range_from', 'first instant of the extract'],
  ['column pipeline.extract_requests.range_to', 'first instant after it'],
  ['column pipeline.extract_requests.file_name', 'the name of its archive'],
  [
    'column pipeline.extract_requests.state',
    'planned: entered, perhaps sent; requested: accepted by Marketing Cloud; fetched: the archive is here and whole; loaded: imported or compared; done: and its files are as they should be; failed: refused, or its archive is damaged',
  ],
  ['column pipeline.extract_requests.attempts', 'how often it was sent'],
  ['column pipeline.extract_requests.source_request_id', 'RequestID of the response that accepted it'],
  ['column pipeline.extract_requests.bytes', 'size of the archive'],
  ['column pipeline.extract_requests.error_code', 'why it failed'],
  ['column pipeline.extract_requests.error_text', 'the same in words'],
  ['column pipeline.extract_requests.requested_at', 'when it was accepted'],
  ['column pipeline.extract_requests.fetched_at', 'when the archive had been fetched'],
  ['column pipeline.extract_requests.finished_at', 'when it was done or had failed'],
  ['column pipeline.extract_requests.created_at', 'when it was entered'],
  ['column pipeline.extract_requests.updated_at', 'last change of this row'],
];

/** Each extract that is requested over SOAP, so that the same command goes on after an interruption. */
export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    create table pipeline.extract_requests (
      request_id bigint generated always as identity primary key,
      scope text not null,
      round int not null,
      account_id bigint not null,
      event_types text[] not null,
      job_ids bigint[],
      range_from timestamptz not null,
      range_to timestamptz not null,
      file_name text not null unique,
      state text not null default 'planned'
        check (state in ('planned', 'requested', 'fetched', 'loaded', 'done', 'failed')),
      attempts int not null default 0,
      source_request_id text,
      bytes bigint,
      error_code text,
      error_text text,
      requested_at timestamptz,
      fetched_at timestamptz,
      finished_at timestamptz,
      created_at timestamptz not null default now(),
      updated_at timestamptz not null default now());
    create index extract_requests_scope on pipeline.extract_requests (scope, round)`);
  for (const [object, comment] of comments) await knex.raw(`comment on ${object} is '${comment}'`);
}

export async function down(knex: Knex): Promise<void> {
  await knex.raw('drop table pipeline.extract_requests');
}
