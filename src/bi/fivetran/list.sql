-- Source table list of the Fivetran package: lists that jobs were sent to, with their newest names. Who is on them is
-- not read: run the package with salesforce_marketing_cloud__list_enabled: false.
create or replace view :schema.list with (security_invoker = true) as
select distinct on (list.list_id)
  list.list_id as id, -- List.ID
  list.list_name as name, -- List.ListName
  null::text as description, -- NULL: the SOAP API does not return it with a job
  null::text as type, -- NULL: the SOAP API does not return it with a job
  null::timestamp as created_date, -- NULL: the SOAP API does not return it with a job
  null::timestamp as modified_date -- NULL: the SOAP API does not return it with a job
from tracking.lists as list
where list.account_id = :account_id
order by list.list_id, list.counters_at desc nulls last, list.job_id desc;
