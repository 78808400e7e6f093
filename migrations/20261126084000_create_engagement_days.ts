import type { Knex } from 'knex';

const columns = [
  ['account_id', 'bigint not null', 'MID of the business unit'],
  [
    'day',
    'date not null',
    'day of the last open or click, in the time zone of bi.settings; -infinity: there was none',
  ],
  ['people', 'bigint not null', 'people whose last open or click, machines included, fell on this day'],
  ['human_people', 'bigint not null', 'people whose last open or click that meets no rule fell on this day'],
] as const;

export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    create table tracking.engagement_days (
      ${columns.map(([column, type]) => `${column} ${type}`).join(',\n')},
      primary key (account_id, day)
    ) with (fillfactor = 90)
  `);
  await knex.raw(
    `comment on table tracking.engagement_days is 'People by the day of their last open or click: those with a sent event who have not unsubscribed from everything. Kept by the refresher.'`,
  );
  for (const [column, , text] of columns)
    await knex.raw(`comment on column tracking.engagement_days.${column} is '${text}'`);
  // What the rollups know of people already; from here on the refresher keeps it.
  await knex.raw(`
    insert into tracking.engagement_days (account_id, day, people, human_people)
    select account_id, day, sum(people), sum(human_people)
    from (
      select account_id,
             coalesce((greatest(last_open_at, last_click_at) at time zone time_zone)::date, '-infinity') as day,
             1 as people, 0 as human_people
      from tracking.subscribers cross join bi.settings
      where sent > 0 and unsubscribed_from_all_at is null
      union all
      select account_id,
             coalesce((greatest(last_human_open_at, last_human_click_at) at time zone time_zone)::date, '-infinity'),
             0, 1
      from tracking.subscribers cross join bi.settings
      where sent > 0 and unsubscribed_from_all_at is null
    ) as person
    group by account_id, day`);
}

export async function down(knex: Knex): Promise<void> {
  await knex.raw('drop table tracking.engagement_days cascade');
}
