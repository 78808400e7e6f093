-- What Tracking Extracts say of events besides what SOAP says (EXTRACT_DETAILS=on), joined with the events, whichever road
-- brought them; complaints, which only files have, are rows of their own.
create or replace view bi.event_details with (security_invoker = true) as
select
  details.account_id, -- MID of the business unit
  details.event_type, -- open, click, unsub, not_sent or complaint
  event.occurred_at, -- when it happened, as the table of events has it
  details.job_id, -- JobID; joins tracking.jobs
  event.batch_id, -- BatchID, as the table of events has it
  details.subscriber_key, -- the person, exactly as sent
  event.url_id, -- the link of a click; joins tracking.links
  event.url, -- the link of a click as followed
  details.list_id, -- the list that the person was mailed from (open, click, complaint)
  details.subscriber_id, -- SubscriberID (open, click, complaint)
  details.is_unique, -- IsUnique as Marketing Cloud saw it: the first of the person in the job
  details.is_unique_for_url, -- IsUniqueForURL: the first of the person on this link
  details.country, -- where the address of the device is, as are the next six
  details.region, -- state or region
  details.city, -- city
  details.latitude, -- latitude of the city
  details.longitude, -- longitude of the city
  details.metro_code, -- metropolitan area, United States
  details.area_code, -- telephone area, United States
  details.browser, -- browser
  details.email_client, -- e-mail client
  details.operating_system, -- operating system
  details.device, -- device
  details.reason -- why the person unsubscribed, or why the message was held back
from tracking.extract_details as details
cross join lateral (
  select
    same.occurred_at, same.batch_id, same.url_id, same.url,
    -- Those to the millisecond find their own event, and not one to the second that has the same instant; the others
    -- take what is left of their second, in order. With "offset 0" the exact one is looked up; without it Postgres would
    -- read all of the month into a hash.
    row_number() over (order by same.file_digits is distinct from 0 and (details.file_digits > 0 or exists (
      select from tracking.extract_details as exact
      where exact.account_id = details.account_id and exact.event_type = details.event_type
        and exact.occurred_at = same.occurred_at and exact.event_hash = details.event_hash and exact.file_digits > 0
      offset 0
    )) desc, same.occurred_at, same.list_id, same.url_id, same.batch_id) as number
  from bi.all_events as same
  where same.account_id = details.account_id and same.event_type = details.event_type
    and same.job_id = details.job_id and same.subscriber_key is not distinct from details.subscriber_key
    and same.occurred_at >= date_trunc('second', details.occurred_at)
    and same.occurred_at < date_trunc('second', details.occurred_at) + interval '1 second'
    and (details.file_digits = 0 or same.occurred_at = details.occurred_at)
    and nullif(nullif(same.batch_id, 0), 1) is not distinct from nullif(nullif(details.batch_id, 0), 1)
    and case
      when details.event_type <> 'click' then true
      when details.url_id is null or same.url_id is null then hashtextextended(same.url, 0) = details.url_hash
      else same.url_id & 4294967295 = details.url_id & 4294967295
    end
) as event
where event.number = details.number
union all
select
  account_id, event_type, occurred_at, job_id, batch_id, subscriber_key, null::bigint, null::text, list_id,
  subscriber_id, is_unique, is_unique_for_url, country, region, city, latitude, longitude, metro_code, area_code,
  browser, email_client, operating_system, device, reason
from tracking.extract_details
where event_type = 'complaint';
