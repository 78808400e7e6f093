-- Finds the types that jobs have events of: the statements that follow leave out the tables of all others.
-- $1 account, $2 jobs, $3 and $4 bounds of their events.
-- Reads one entry of <table>_identity for each type that there is.
select array_remove(array[
  case when exists (select from tracking.sent_events where account_id = $1 and job_id = any ($2::bigint[])
                     and occurred_at between $3 and $4) then 'sent' end,
  case when exists (select from tracking.not_sent_events where account_id = $1 and job_id = any ($2::bigint[])
                     and occurred_at between $3 and $4) then 'not_sent' end,
  case when exists (select from tracking.open_events where account_id = $1 and job_id = any ($2::bigint[])
                     and occurred_at between $3 and $4) then 'open' end,
  case when exists (select from tracking.click_events where account_id = $1 and job_id = any ($2::bigint[])
                     and occurred_at between $3 and $4) then 'click' end,
  case when exists (select from tracking.bounce_events where account_id = $1 and job_id = any ($2::bigint[])
                     and occurred_at between $3 and $4) then 'bounce' end,
  case when exists (select from tracking.unsub_events where account_id = $1 and job_id = any ($2::bigint[])
                     and occurred_at between $3 and $4) then 'unsub' end,
  case when exists (select from tracking.forward_events where account_id = $1 and job_id = any ($2::bigint[])
                     and occurred_at between $3 and $4) then 'forward' end,
  case when exists (select from tracking.forward_opt_in_events where account_id = $1 and job_id = any ($2::bigint[])
                     and occurred_at between $3 and $4) then 'forward_opt_in' end,
  case when exists (select from tracking.survey_events where account_id = $1 and job_id = any ($2::bigint[])
                     and occurred_at between $3 and $4) then 'survey' end
], null) as types;
