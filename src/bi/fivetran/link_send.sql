-- Source table link_send of the Fivetran package: which links a job has.
create or replace view :schema.link_send with (security_invoker = true) as
select
  concat_ws('-', link.job_id, link.url_id) as link_id, -- job and link; joins link.id
  link.job_id as send_id -- JobID; joins send.id
from tracking.links as link
where link.account_id = :account_id;
