import type { Knex } from 'knex';

/**
 * What is asked every few seconds while a run is on is answered from indexes that hold open work only: the ledger
 * keeps every settled window, and most of what is open has only to wait.
 */
export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    create index extract_tasks_waiting on pipeline.extract_tasks (id)
      where settled_at is null and state in ('planned', 'interrupted');
    create index extract_tasks_running on pipeline.extract_tasks (process_id)
      where settled_at is null and state = 'running';
    create index processes_not_ended on pipeline.processes (process_id) where ended_at is null;`);
}

export async function down(knex: Knex): Promise<void> {
  await knex.raw(`
    drop index pipeline.extract_tasks_waiting;
    drop index pipeline.extract_tasks_running;
    drop index pipeline.processes_not_ended;`);
}
