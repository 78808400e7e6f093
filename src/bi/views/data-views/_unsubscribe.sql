-- Unsubscribes that belong to a job, with the names and columns of the data view _Unsubscribe. Imports and changes
-- through the API are not among them, and scanners that follow the link are.
create or replace view bi._unsubscribe with (security_invoker = true) as
select
  event.account_id as accountid, -- MID of the business unit
  null::bigint as oybaccountid, -- NULL: the SOAP API does not return it
  event.job_id as jobid, -- JobID; joins _job
  coalesce(event.list_id, recipient.list_id) as listid, -- the list unsubscribed from; arbitrary for an unsubscribe from everything
  coalesce(event.batch_id, 0) as batchid, -- BatchID; 0 where the event names none
  recipient.subscriber_id as subscriberid, -- SubscriberID of the person’s sent row; NULL where none was loaded
  event.subscriber_key as subscriberkey, -- the person, exactly as sent
  event.occurred_at as eventdate, -- when it happened; as server wall clock: eventdate at time zone 'Etc/GMT+6'
  case when event.subscriber_key like '%@%' then lower(split_part(event.subscriber_key, '@', 2)) end as domain, -- domain of the address, where the subscriber key is one; otherwise NULL
  upper(event.triggered_send_id::text) as triggerersenddefinitionobjectid, -- ObjectID of the triggered send definition, in upper case as in the data view; misspelt there too
  definition.customer_key as triggeredsendcustomerkey, -- CustomerKey of the triggered send definition
  (coalesce(recipient.is_first_unsubscribe and recipient.unsubscribed_at = event.occurred_at and coalesce(recipient.first_unsubscribe_hash = hash_record_extended(row(event.batch_id, event.subscriber_key, event.list_id, event.is_master_unsubscribed), 0), true), false))::integer as isunique -- 1: the person’s first of this job, by date, machines included; 0: a repeat. Sums to the number of different people
from tracking.unsub_events as event
-- One row at most, found by its key: a join would have the first rows of a query read all recipients.
left join lateral (
  select min(list_id) as list_id, min(subscriber_id) as subscriber_id, bool_or(is_first_unsubscribe) as is_first_unsubscribe, min(unsubscribed_at) as unsubscribed_at, min(first_unsubscribe_hash) as first_unsubscribe_hash
  from tracking.recipients
  where account_id = event.account_id and job_id = event.job_id and subscriber_key = event.subscriber_key
    and batch_id = coalesce(event.batch_id, 0)) as recipient on true
left join tracking.triggered_sends as definition
  on definition.account_id = event.account_id and definition.triggered_send_id = event.triggered_send_id;
