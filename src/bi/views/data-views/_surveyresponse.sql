-- Survey answers, with the names and columns of the data view _SurveyResponse. What the SOAP API does not tell is NULL.
create or replace view bi._surveyresponse with (security_invoker = true) as
select
  event.account_id as accountid, -- MID of the business unit
  null::bigint as oybaccountid, -- NULL: the SOAP API does not return it
  event.job_id as jobid, -- JobID; joins _job
  recipient.list_id as listid, -- ListID of the person’s sent row; NULL where no sent event was loaded, and joins by it miss
  coalesce(event.batch_id, 0) as batchid, -- BatchID; 0 where the event names none
  recipient.subscriber_id as subscriberid, -- SubscriberID of the person’s sent row; NULL where none was loaded
  event.subscriber_key as subscriberkey, -- the person, exactly as sent
  event.occurred_at as eventdate, -- when it happened; as server wall clock: eventdate at time zone 'Etc/GMT+6'
  case when event.subscriber_key like '%@%' then lower(split_part(event.subscriber_key, '@', 2)) end as domain, -- domain of the address, where the subscriber key is one; otherwise NULL
  upper(event.triggered_send_id::text) as triggerersenddefinitionobjectid, -- ObjectID of the triggered send definition, in upper case as in the data view; misspelt there too
  definition.customer_key as triggeredsendcustomerkey, -- CustomerKey of the triggered send definition
  null::bigint as surveyid, -- NULL: the SOAP API does not return it
  null::text as surveyname, -- NULL: the SOAP API does not return it
  null::bigint as questionid, -- NULL: the SOAP API does not return it
  null::text as questionname, -- NULL: the SOAP API does not return it
  event.question as question, -- the question
  null::bigint as answerid, -- NULL: the SOAP API does not return it
  null::text as answername, -- NULL: the SOAP API does not return it
  event.answer as answer, -- the answer
  null::text as answerdata, -- NULL: the SOAP API does not return it
  (event.place = 1 and event.subscriber_key is not null)::integer as isunique -- 1: the person’s first of this job, by date, machines included; 0: a repeat. Sums to the number of different people
from (
  select event.*, row_number() over (partition by event.account_id, event.job_id, event.subscriber_key order by event.occurred_at, event.batch_id, hashtextextended(event.question, 0), hashtextextended(event.answer, 0)) as place
  from tracking.survey_events as event) as event
-- One row at most, found by its key: a join would have the first rows of a query read all recipients.
left join lateral (
  select min(list_id) as list_id, min(subscriber_id) as subscriber_id
  from tracking.recipients
  where account_id = event.account_id and job_id = event.job_id and subscriber_key = event.subscriber_key
    and batch_id = coalesce(event.batch_id, 0)) as recipient on true
left join tracking.triggered_sends as definition
  on definition.account_id = event.account_id and definition.triggered_send_id = event.triggered_send_id;
