import { inTransaction } from '../../../src/store/connection/pool.ts';
import { openStore, type Store } from '../../support/stored/ledger.ts';
import { makeAnalystWorld } from '../../support/analysts/analyst-world.ts';

let store: Store;

beforeAll(async () => {
  store = await openStore();
  await makeAnalystWorld(store.pool);
});
afterAll(() => store.close());

async function linesOf(query: string): Promise<string[]> {
  const { rows } = await store.pool.query<{ line: string }>(query);
  return rows.map(({ line }) => line);
}

const common =
  'accountid oybaccountid jobid listid batchid subscriberid subscriberkey eventdate domain triggerersenddefinitionobjectid triggeredsendcustomerkey';

/** The data views’ own columns, in lower case and in their order. */
const dataViews = {
  _sent: common,
  _open: `${common} isunique`,
  _click: `${common} url linkname linkcontent isunique`,
  _bounce: `${common} bouncecategoryid bouncecategory bouncesubcategoryid bouncesubcategory bouncetypeid bouncetype smtpbouncereason smtpmessage smtpcode isfalsebounce isunique`,
  _unsubscribe: `${common} isunique`,
  _ftaf: `${common.replace('eventdate', 'transactiontime')} isunique`,
  _surveyresponse: `${common} surveyid surveyname questionid questionname question answerid answername answer answerdata isunique`,
  _job: 'jobid emailid accountid accountuserid fromname fromemail schedtime pickuptime deliveredtime eventid ismultipart jobtype jobstatus modifiedby modifieddate emailname emailsubject iswrapped testemailaddr category bccemail originalschedtime createddate characterset ipaddress salesforcetotalsubscribercount salesforceerrorsubscribercount sendtype dynamicemailsubject suppresstracking sendclassificationtype sendclassification resolvelinkswithcurrentdata emailsenddefinition deduplicatebyemail triggerersenddefinitionobjectid triggeredsendcustomerkey',
};

it.each(Object.entries(dataViews))('%s has the columns of the data view', async (view, columns) => {
  const names = await linesOf(
    `select attname as line from pg_attribute where attrelid = 'bi.${view}'::regclass and attnum > 0 order by attnum`,
  );
  expect(names).toEqual(columns.split(' '));
});

it('leaves out the data views that the SOAP API cannot serve', async () => {
  expect(
    await linesOf(
      `select relname as line from pg_class where relnamespace = 'bi'::regnamespace and relkind = 'v'
         and relname like '\\_%' order by relname`,
    ),
  ).toEqual(Object.keys(dataViews).sort());
});

it.each(['_open', '_click', '_bounce', '_unsubscribe', '_ftaf', '_surveyresponse'])(
  '%s marks one event of each person and job as unique',
  async (view) => {
    const counts = await linesOf(
      `select concat_ws(' ', jobid, sum(isunique), count(distinct subscriberkey), bool_and(isunique in (0, 1))) as line
       from bi.${view} group by jobid order by jobid`,
    );
    expect(counts.length).toBeGreaterThan(0);
    for (const line of counts) {
      const [, unique, people, isBit] = line.split(' ');
      expect([unique, isBit]).toEqual([people, 't']);
    }
  },
);

it('marks the earliest of them, by person and job, not by message', async () => {
  const opens = await linesOf(
    `select concat_ws(' ', jobid, batchid, subscriberkey, to_char(eventdate at time zone 'UTC', 'DD HH24:MI'), isunique) as line
     from bi._open where subscriberkey like 'ann%' order by eventdate`,
  );
  expect(opens).toEqual([
    '10 0 ann@alpha.example 28 21:00 1',
    '10 0 ann@alpha.example 30 02:00 0',
    '20 1 ann@alpha.example 01 09:00 1',
    '20 2 ann@alpha.example 03 10:00 0',
    '11 0 ann@alpha.example 25 01:30 1',
    '11 0 ann@alpha.example 25 22:30 0',
  ]);
});

it.each(['_open', '_click', '_bounce', '_ftaf', '_surveyresponse'])(
  '%s joins _sent by job, list, batch and subscriber, without a row too many',
  async (view) => {
    const [joined, all] = await linesOf(
      `select count(*)::text as line from bi.${view} as event
       join bi._sent as sent using (jobid, listid, batchid, subscriberid)
       union all select count(*)::text from bi.${view}`,
    );
    expect(joined).toBe(all);
  },
);

it('shows the link before personalisation as URL and the link as followed as LinkContent', async () => {
  const clicks = await linesOf(
    `select concat_ws(' | ', url, linkname, linkcontent) as line from bi._click
     where subscriberkey like 'ann%' and jobid = 10 and isunique = 0 order by eventdate desc limit 1`,
  );
  expect(clicks).toEqual([
    'https://example.com/hero?p=%%personal%% | hero | https://example.com/hero?p=personal',
  ]);
});

it('writes GUIDs in upper case and joins the customer key', async () => {
  expect(
    await linesOf(
      `select distinct concat_ws(' ', triggerersenddefinitionobjectid, triggeredsendcustomerkey) as line from bi._sent
       where jobid in (20, 21)
       union select concat_ws(' ', triggerersenddefinitionobjectid, triggeredsendcustomerkey) from bi._job where jobid = 20`,
    ),
  ).toEqual(['A1B2C3D4-0000-4000-8000-00000000BEEF welcome']);
});

it('reads categories, types and codes of bounces from their text', async () => {
  expect(
    await linesOf(
      `select concat_ws(' | ', bouncecategoryid, bouncecategory, bouncesubcategory, bouncetypeid, bouncetype, smtpcode) as line
       from bi._bounce where isunique = 1 order by subscriberkey`,
    ),
  ).toEqual(['3 | Block bounce | 1 | delayed | 554', '1 | Hard bounce | User Unknown | 0 | immediate | 550']);
});

it('runs queries as analysts write them in Marketing Cloud', async () => {
  const rows = await inTransaction(store.pool, async (tx) => {
    await tx.query('set local search_path = bi, tracking, public');
    return await tx.query<{ line: string }>(
      `SELECT s.SubscriberKey AS line FROM _Sent s
       LEFT JOIN _Open o ON s.JobID = o.JobID AND s.ListID = o.ListID AND s.BatchID = o.BatchID
         AND s.SubscriberID = o.SubscriberID AND o.IsUnique = 1
       WHERE s.JobID = 10 AND o.SubscriberID IS NULL ORDER BY s.SubscriberKey`,
    );
  });
  expect(rows.rows.map(({ line }) => line)).toEqual(['cy@beta.example', 'dee@beta.example']);
});
