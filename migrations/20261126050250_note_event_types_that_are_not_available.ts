import type { Knex } from 'knex';

/**
 * Event types of features that an account does not have. Their tasks are skipped: settled, but no hole, and planned
 * again when the type is requested again.
 */
export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    create table pipeline.unavailable_event_types (
      account_id bigint not null,
      event_type text not null,
      reason text not null,
      noted_at timestamptz not null default now(),
      ask_again_at timestamptz not null,
      primary key (account_id, event_type));
    comment on table pipeline.unavailable_event_types is 'event types that Marketing Cloud refused because the account lacks the feature';
    comment on column pipeline.unavailable_event_types.account_id is 'MID of the business unit';
    comment on column pipeline.unavailable_event_types.event_type is 'the event type';
    comment on column pipeline.unavailable_event_types.reason is 'what Marketing Cloud said, without secrets';
    comment on column pipeline.unavailable_event_types.noted_at is 'when it was refused';
    comment on column pipeline.unavailable_event_types.ask_again_at is 'no task is planned for it before';
    alter table pipeline.extract_tasks
      drop constraint extract_tasks_state_check,
      add constraint extract_tasks_state_check
        check (state in ('planned', 'running', 'interrupted', 'done', 'split', 'parked', 'accepted', 'skipped'));
    create index extract_tasks_skipped on pipeline.extract_tasks (account_id, event_type) where state = 'skipped'`);
}

/** Skipped tasks are planned again. */
export async function down(knex: Knex): Promise<void> {
  await knex.raw(`
    drop index pipeline.extract_tasks_skipped;
    update pipeline.extract_tasks
    set state = 'planned', settled_at = null, finished_at = null where state = 'skipped';
    alter table pipeline.extract_tasks
      drop constraint extract_tasks_state_check,
      add constraint extract_tasks_state_check
        check (state in ('planned', 'running', 'interrupted', 'done', 'split', 'parked', 'accepted'));
    drop table pipeline.unavailable_event_types`);
}
