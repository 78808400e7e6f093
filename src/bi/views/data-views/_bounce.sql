-- Bounces, with the names and columns of the data view _Bounce. A message that is retried bounces several times.
create or replace view bi._bounce with (security_invoker = true) as
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
  case when event.bounce_category ilike 'hard%' then 1 when event.bounce_category ilike 'soft%' then 2 when event.bounce_category ilike 'block%' then 3 when event.bounce_category ilike 'unknown%' then 4 when event.bounce_category is not null then 5 end as bouncecategoryid, -- from the text: 1 hard, 2 soft, 3 block, 4 unknown, 5 technical or other
  nullif(split_part(event.bounce_category, ' - ', 1), '') as bouncecategory, -- category, such as Hard bounce
  null::integer as bouncesubcategoryid, -- NULL: the SOAP API does not return it
  nullif(split_part(event.bounce_category, ' - ', 2), '') as bouncesubcategory, -- what follows the category’s dash, where there is one
  case lower(event.bounce_type) when 'immediate' then 0 when 'delayed' then 1 end as bouncetypeid, -- from the text: 0 immediate, 1 delayed
  event.bounce_type as bouncetype, -- immediate or delayed
  event.smtp_reason as smtpbouncereason, -- the receiving server’s text; may contain addresses
  null::text as smtpmessage, -- NULL: the SOAP API does not return it
  case when event.smtp_code ~ '^[0-9]{1,9}$' then event.smtp_code::integer end as smtpcode, -- SMTP reply code, where it is a number
  null::integer as isfalsebounce, -- NULL: the SOAP API does not return it
  (coalesce(recipient.is_first_bounce and recipient.bounced_at = event.occurred_at and coalesce(recipient.first_bounce_hash = hash_record_extended(row(event.batch_id, event.subscriber_key, event.bounce_kind, event.bounce_type, event.smtp_code), 0), true), false))::integer as isunique -- 1: the person’s first of this job, by date, machines included; 0: a repeat. Sums to the number of different people
from tracking.bounce_events as event
-- One row at most, found by its key: a join would have the first rows of a query read all recipients.
left join lateral (
  select min(list_id) as list_id, min(subscriber_id) as subscriber_id, bool_or(is_first_bounce) as is_first_bounce, min(bounced_at) as bounced_at, min(first_bounce_hash) as first_bounce_hash
  from tracking.recipients
  where account_id = event.account_id and job_id = event.job_id and subscriber_key = event.subscriber_key
    and batch_id = coalesce(event.batch_id, 0)) as recipient on true
left join tracking.triggered_sends as definition
  on definition.account_id = event.account_id and definition.triggered_send_id = event.triggered_send_id;
