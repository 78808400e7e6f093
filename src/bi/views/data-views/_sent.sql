-- Messages sent, with the names and columns of the data view _Sent.
create or replace view bi._sent with (security_invoker = true) as
select
  event.account_id as accountid, -- MID of the business unit
  null::bigint as oybaccountid, -- NULL: the SOAP API does not return it
  event.job_id as jobid, -- JobID; joins _job
  event.list_id as listid, -- ListID
  coalesce(event.batch_id, 0) as batchid, -- BatchID; 0 where the event names none
  event.subscriber_id as subscriberid, -- SubscriberID
  event.subscriber_key as subscriberkey, -- the person, exactly as sent
  event.occurred_at as eventdate, -- when it happened; as server wall clock: eventdate at time zone 'Etc/GMT+6'
  case when event.subscriber_key like '%@%' then lower(split_part(event.subscriber_key, '@', 2)) end as domain, -- domain of the address, where the subscriber key is one; otherwise NULL
  upper(event.triggered_send_id::text) as triggerersenddefinitionobjectid, -- ObjectID of the triggered send definition, in upper case as in the data view; misspelt there too
  definition.customer_key as triggeredsendcustomerkey -- CustomerKey of the triggered send definition
from tracking.sent_events as event
left join tracking.triggered_sends as definition
  on definition.account_id = event.account_id and definition.triggered_send_id = event.triggered_send_id;
