import type { Knex } from 'knex';

/** Which login may see which account, where row-level security is switched on; see docs/row-level-security.md. */
export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    create table bi.reader_accounts (
      login text not null,
      account_id bigint not null,
      primary key (login, account_id)
    );
    comment on table bi.reader_accounts is
      'Where row-level security by account is switched on: the accounts that a login sees. Without it the table has no effect.';
    comment on column bi.reader_accounts.login is 'the login role of a reader';
    comment on column bi.reader_accounts.account_id is 'MID of a business unit it may see'`);
}

export async function down(knex: Knex): Promise<void> {
  await knex.raw('drop table bi.reader_accounts');
}
