-- Which domains bounce most, and how? Needs addresses as subscriber keys. Sums are divided, rates are not averaged.
with asked as (select 1::bigint as account_id, date '2026-03-01' as from_day, date '2026-04-01' as before_day, 2 as least_sent)
select domain.domain, sum(domain.sent) as sent, sum(domain.hard_bounced) as hard, sum(domain.block_bounced) as blocked,
       sum(domain.soft_bounced) as soft, sum(domain.other_bounced) as other,
       round(sum(domain.bounced)::numeric / sum(domain.sent), 4) as bounce_rate
from asked
join bi.domain_deliverability as domain using (account_id)
where domain.day >= asked.from_day and domain.day < asked.before_day
group by domain.domain, asked.least_sent
having sum(domain.sent) >= asked.least_sent
order by bounce_rate desc, domain.domain;
