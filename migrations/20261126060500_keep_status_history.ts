import type { Knex } from 'knex';

const sampleComments: Readonly<Record<string, string>> = {
  sampled_at: 'when the sample was taken',
  lag_seconds: 'how far the oldest watermark of open jobs was behind then; null where no job was open',
  open_tasks: 'tasks planned, running or interrupted',
  parked_tasks: 'tasks that wait for a person',
  rejected_records: 'records that could not be read',
};

const changeComments: Readonly<Record<string, string>> = {
  changed_at: 'when the gate opened or closed',
  gate: 'open or closed, from then on',
  system_status: 'what Marketing Cloud reported of itself',
  reason: 'why it closed; null where it opened',
};

/** What the charts of the status page show and nothing else keeps: how lag and backlog moved, when the gate changed. */
export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    create table pipeline.status_samples (
      sampled_at timestamptz primary key default now(),
      lag_seconds bigint,
      open_tasks bigint not null,
      parked_tasks bigint not null,
      rejected_records bigint not null
    );
    comment on table pipeline.status_samples is 'Lag and backlog every five minutes, kept for a month.';
    create table pipeline.gate_changes (
      changed_at timestamptz primary key default clock_timestamp(),
      gate text not null check (gate in ('open', 'closed')),
      system_status text not null,
      reason text
    );
    comment on table pipeline.gate_changes is 'When the gate closed and opened, and why; kept for a year.';
    -- Its predicate and its column change only when a task is settled, so pages in between stay as cheap as before.
    create index extract_tasks_done on pipeline.extract_tasks (settled_at) where state = 'done';`);
  for (const [column, comment] of Object.entries(sampleComments))
    await knex.raw(`comment on column pipeline.status_samples.${column} is '${comment}'`);
  for (const [column, comment] of Object.entries(changeComments))
    await knex.raw(`comment on column pipeline.gate_changes.${column} is '${comment}'`);
}

export async function down(knex: Knex): Promise<void> {
  await knex.raw(`
    drop index pipeline.extract_tasks_done;
    drop table pipeline.gate_changes;
    drop table pipeline.status_samples;`);
}
