-- Source table email of the Fivetran package: one row per email, as its newest job names it.
create or replace view :schema.email with (security_invoker = true) as
select distinct on (job.email_id)
  job.email_id as id, -- EmailID
  job.email_name as name, -- name of the email
  job.subject, -- subject line
  null::timestamp as created_date, -- NULL: not read
  null::timestamp as modified_date, -- NULL: not read
  null::text as pre_header, -- NULL: not read
  null::text as text_body, -- NULL: not read
  null::text as character_set, -- NULL: not read
  null::bigint as asset_id, -- NULL: not read
  null::bigint as asset_type_id -- NULL: not read
from tracking.jobs as job
where job.account_id = :account_id and job.email_id is not null
order by job.email_id, job.created_at desc nulls last, job.job_id desc;
