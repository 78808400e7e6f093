import type { Knex } from 'knex';

const comments: readonly (readonly [column: string, comment: string])[] = [
  ['accounts.retired_at', 'when a person said that it is no longer read'],
  ['rejected_records.dismissed_at', 'when a person put it aside; it counts no more'],
  ['rejected_records.dismissed_by', 'who put it aside'],
  ['rejected_records.dismissed_reason', 'why'],
];

/** What a person may say of a business unit and of a rejected record. */
export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    alter table pipeline.accounts
      add column retired_at timestamptz,
      drop constraint accounts_state_check,
      add constraint accounts_state_check check (state in ('active', 'refused', 'retired'));
    alter table pipeline.rejected_records
      add column dismissed_at timestamptz,
      add column dismissed_by text,
      add column dismissed_reason text`);
  for (const [column, comment] of comments)
    await knex.raw(`comment on column pipeline.${column} is '${comment}'`);
}

export async function down(knex: Knex): Promise<void> {
  await knex.raw(`
    alter table pipeline.rejected_records
      drop column dismissed_at, drop column dismissed_by, drop column dismissed_reason;
    update pipeline.accounts set state = 'active' where state = 'retired';
    alter table pipeline.accounts
      drop column retired_at,
      drop constraint accounts_state_check,
      add constraint accounts_state_check check (state in ('active', 'refused'))`);
}
