import { inTransaction } from '../../../src/store/connection/pool.ts';
import { applyRepeatableObjects } from '../../../src/store/schema/apply-repeatable-objects.ts';
import { readRepeatableObjects } from '../../../src/store/schema/repeatable-objects.ts';
import { makeAnalystWorld, triggeredSendId } from '../../support/analysts/analyst-world.ts';
import { openStore, type Store } from '../../support/stored/ledger.ts';

let store: Store;

/** Account 1 has a schema of its own, since there are two accounts. */
beforeAll(async () => {
  store = await openStore();
  await makeAnalystWorld(store.pool);
  await inTransaction(store.pool, (tx) => applyRepeatableObjects(tx, readRepeatableObjects([1, 2])));
});
afterAll(() => store.close());

/** Columns that the staging models read, and the types they are cast to where they are cast. */
const stagingColumns = {
  event:
    'id::text event_type event_date::date created_date::date modified_date send_id::text batch_id subscriber_key triggered_send_id bounce_category bounce_type smtp_code smtp_reason unsubscribed_list_id url question opt_in_subscriber_key',
  send: 'id::text email_id::text email_name subject from_name from_address bcc_email status send_date created_date modified_date is_always_on is_multipart preview_url duplicates existing_undeliverables existing_unsubscribes forwarded_emails hard_bounces soft_bounces other_bounces invalid_addresses missing_addresses number_delivered number_errored number_excluded number_sent number_targeted unique_clicks unique_opens unsubscribes',
  email:
    'id::text name subject created_date modified_date pre_header text_body character_set asset_id asset_type_id',
  link: 'id::text alias url total_clicks unique_clicks last_clicked created_date modified_date',
  link_send: 'link_id::text send_id::text',
  list: 'id::text name description type created_date modified_date',
  subscriber:
    'id::text subscriber_key email_address email_type_preference status created_date unsubscribed_date',
  triggered_send:
    'id::text name description email_id list_id email_subject dynamic_email_subject from_name from_address bcc_email is_multipart is_wrapped auto_add_subscribers auto_update_subscribers priority send_limit send_window_open send_window_close triggered_send_status created_date modified_date',
};

/** A staging model as the package expands it. */
function staged(table: keyof typeof stagingColumns, schema = 'fivetran_1'): string {
  return `(select ${stagingColumns[table].split(' ').join(', ')} from ${schema}.${table})`;
}

async function linesOf(query: string): Promise<string[]> {
  const { rows } = await store.pool.query<{ line: string }>(query);
  return rows.map(({ line }) => line);
}

it.each([
  ['event', 42],
  ['send', 4],
  ['email', 2],
  ['link', 5],
  ['link_send', 5],
  ['list', 2],
  ['subscriber', 6],
  ['triggered_send', 1],
] as const)('the staging select of %s runs, and returns the account’s rows alone', async (table, rows) => {
  expect(await linesOf(`select count(*)::text as line from ${staged(table)} as staging`)).toEqual([
    String(rows),
  ]);
  const others = await linesOf(
    `select count(*)::text as line from ${staged(table, 'fivetran_2')} as staging`,
  );
  expect(others).toEqual([['event', 'send', 'email', 'subscriber'].includes(table) ? '1' : '0']);
});

it('has event types that the package knows, each with one flag, and ids that are unique', async () => {
  const known =
    'Click ForwardedEmail ForwardedEmailOptIn HardBounce NotSent Open Sent SoftBounce Survey Unsubscribe';
  expect(
    await linesOf(`select distinct event_type as line from ${staged('event')} as event order by 1`),
  ).toEqual(known.split(' '));
  expect(
    await linesOf(`select (count(*) - count(distinct id))::text as line from ${staged('event')} as event`),
  ).toEqual(['0']);
});

it('dates events in the reporting time zone, whatever the session’s is', async () => {
  expect(
    await linesOf(
      `select to_char(event_date, 'YYYY-MM-DD HH24:MI') as line from fivetran_1.event
       where send_id = 11 and event_type = 'Open' order by 1`,
    ),
  ).toEqual(['2026-10-25 02:30', '2026-10-25 23:30', '2026-10-26 00:30']);
});

it('joins sends with links without a row too many', async () => {
  expect(
    await linesOf(
      `select concat_ws(' ', send.id, link.alias, link.total_clicks) as line
       from ${staged('send')} as send
       left join ${staged('link_send')} as link_send on link_send.send_id = send.id
       left join ${staged('link')} as link on link.id = link_send.link_id order by 1`,
    ),
  ).toEqual(['10 blog 1', '10 hero 3', '10 imprint 1', '10 offer 2', '10 shop 1', '11', '20', '21']);
});

it('names lists as they were last read, and people from what events tell', async () => {
  expect(
    await linesOf(`select concat_ws(' ', id, name) as line from ${staged('list')} as list order by 1`),
  ).toEqual(['500 Customers', '501 Friends']);
  expect(
    await linesOf(
      `select concat_ws(' ', id, subscriber_key, email_address, status) as line from ${staged('subscriber')} as subscriber
       where id in ('101', '105') order by 1`,
    ),
  ).toEqual(['101 ann@alpha.example ann@alpha.example Active', '105 eve Unsubscribed']);
  expect(await linesOf(`select id as line from fivetran_1.triggered_send`)).toEqual([
    triggeredSendId.toUpperCase(),
  ]);
});

describe('the marts', () => {
  const flags =
    'is_click is_delivered_event is_forward is_opt_in is_bounce is_open is_not_sent is_sent is_survey_response is_unsubscribe';

  it('events_enhanced has every event with one flag', async () => {
    const sum = flags
      .split(' ')
      .map((flag) => `${flag}::integer`)
      .join(' + ');
    expect(
      await linesOf(
        `select concat_ws(' ', count(*), count(distinct event_id), min(${sum}), max(${sum})) as line from bi.events_enhanced`,
      ),
    ).toEqual(['43 43 1 1']);
  });

  it('sends_overview divides by what was sent, and says 0 for an empty send', async () => {
    await store.pool.query(`insert into tracking.jobs (account_id, job_id) values (1, 99)`);
    expect(
      await linesOf(
        `select concat_ws(' ', send_id, round(open_rate, 3), round(click_through_rate, 3), round(unsubscribe_rate, 3),
                total_send_events, total_open_events, total_click_events, total_bounce_events) as line
         from bi.sends_overview where send_id in (10, 99) order by send_id`,
      ),
    ).toEqual(['10 0.600 0.400 0.200 5 4 8 4', '99 0.000 0.000 0.000 0 0 0 0']);
    await store.pool.query(`delete from tracking.jobs where job_id = 99`);
  });

  it('email_overview sums the jobs of an email and divides the sums', async () => {
    expect(
      await linesOf(
        `select concat_ws(' ', email_id, subject, total_unique_sends, total_emails_sent, total_unique_opens, open_rate, total_click_events) as line
         from bi.email_overview where email_id = 7`,
      ),
    ).toEqual(['7 Autumn 2 8 5 0.62500000000000000000 9']);
  });

  it('sends_links has a row for each job and link', async () => {
    expect(
      await linesOf(
        `select concat_ws(' ', send_id, link_id, link_alias, link_total_clicks) as line from bi.sends_links where account_id = 1 order by 1 limit 3`,
      ),
    ).toEqual(['10 1 hero 3', '10 2 offer 2', '10 3 shop 1']);
  });

  it('subscriber_overview has a row for each person and account', async () => {
    expect(
      await linesOf(
        `select concat_ws(' ', account_id, number_of_sends, number_of_opens, number_of_clicks, number_of_survey_responses, is_active) as line
         from bi.subscriber_overview where subscriber_key = 'ann@alpha.example' order by account_id`,
      ),
    ).toEqual(['1 4 6 5 2 t', '2 1 0 0 0 t']);
  });
});
