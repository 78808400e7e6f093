-- Source table link of the Fivetran package: one row per link of a job. The package itself loses url: it looks for a
-- column with a blank behind its name.
create or replace view :schema.link with (security_invoker = true) as
select
  concat_ws('-', link.job_id, link.url_id) as id, -- job and link; joins link_send.link_id
  link.alias, -- Link.Alias
  link.url, -- Link.URL, before personalisation
  link.total_clicks, -- Link.TotalClicks
  link.unique_clicks, -- Link.UniqueClicks
  (select total.last_click_at at time zone settings.time_zone from tracking.link_totals as total where total.account_id = link.account_id and total.job_id = link.job_id and total.url_id = link.url_id) as last_clicked, -- last click loaded, in REPORTING_TIMEZONE
  null::timestamp as created_date, -- NULL: the SOAP API does not return it
  null::timestamp as modified_date -- NULL: the SOAP API does not return it
from tracking.links as link
cross join bi.settings
where link.account_id = :account_id;
