-- Opens, with the names and columns of the data view _Open. Those of privacy proxies and gateways are among them.
create or replace view bi._open with (security_invoker = true) as
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
  (coalesce(recipient.is_first_open and recipient.first_open_at = event.occurred_at and coalesce(recipient.first_open_hash = hash_record_extended(row(event.batch_id, event.subscriber_key), 0), true), false))::integer as isunique -- 1: the person’s first of this job, by date, machines included; 0: a repeat. Sums to the number of different people
from tracking.open_events as event
left join tracking.recipients as recipient
  on recipient.account_id = event.account_id and recipient.job_id = event.job_id
  and recipient.subscriber_key = event.subscriber_key and recipient.batch_id = coalesce(event.batch_id, 0)
left join tracking.triggered_sends as definition
  on definition.account_id = event.account_id and definition.triggered_send_id = event.triggered_send_id;
