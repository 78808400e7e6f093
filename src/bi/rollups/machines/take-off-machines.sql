-- Takes what machines did off what people did. What has no reactions is as the rollups have it.
update pg_temp.message as message
set human_opens = case when machine.opens > 0 then message.opens - machine.opens else message.human_opens end,
    first_human_open_at = case when machine.opens > 0 then machine.first_human_open_at else message.first_human_open_at end,
    last_human_open_at = case when machine.opens > 0 then machine.last_human_open_at else message.last_human_open_at end,
    human_clicks = case when machine.clicks > 0 then message.clicks - machine.clicks else message.human_clicks end,
    first_human_click_at =
      case when machine.clicks > 0 then machine.first_human_click_at else message.first_human_click_at end,
    last_human_click_at =
      case when machine.clicks > 0 then machine.last_human_click_at else message.last_human_click_at end
from (
  select job_id, batch_id, subscriber_key,
         count(*) filter (where event_type = 'open' and reasons <> '{}') as opens,
         min(occurred_at) filter (where event_type = 'open' and reasons = '{}') as first_human_open_at,
         max(occurred_at) filter (where event_type = 'open' and reasons = '{}') as last_human_open_at,
         count(*) filter (where event_type = 'click' and reasons <> '{}') as clicks,
         min(occurred_at) filter (where event_type = 'click' and reasons = '{}') as first_human_click_at,
         max(occurred_at) filter (where event_type = 'click' and reasons = '{}') as last_human_click_at
  from pg_temp.reaction
  where (job_id, batch_id, subscriber_key) in (
    select flagged.job_id, flagged.batch_id, flagged.subscriber_key
    from pg_temp.reaction as flagged
    where flagged.reasons <> '{}')
  group by job_id, batch_id, subscriber_key
) as machine
where message.job_id = machine.job_id and message.batch_id = machine.batch_id
  and message.subscriber_key = machine.subscriber_key;
