import { commentsOf, inDependencyOrder } from '../../../../src/store/schema/repeatable-objects.ts';

describe('the order of views', () => {
  it('has what others read before them, whatever their names; comments and literals are no reading', () => {
    const ordered = inDependencyOrder([
      { name: 'bi.a', sql: `select * from bi.b -- not bi.d` },
      { name: 'bi.b', sql: 'select * from bi.c join tracking.jobs using (job_id)' },
      { name: 'bi.c', sql: `select 'bi.a'` },
      { name: 'bi.d', sql: 'select * from bi.d_and_more' },
    ]);
    expect(ordered.map(({ name, needs }) => [name, needs])).toEqual([
      ['bi.c', []],
      ['bi.b', ['bi.c']],
      ['bi.a', ['bi.b']],
      ['bi.d', []],
    ]);
  });

  it('is refused where views read each other in a circle', () => {
    const circle = [
      { name: 'bi.a', sql: 'select * from bi.b' },
      { name: 'bi.b', sql: 'select * from bi.a' },
    ];
    expect(() => inDependencyOrder(circle)).toThrow('views read each other: bi.a > bi.b > bi.a');
  });
});

describe('the comments of a view', () => {
  it('are the lines before its statement, and what stands behind each column', () => {
    const sql = `-- One row per job.
-- Anna's view.
create or replace view bi.some_view as
-- not of a column
select
  job.job_id, -- JobID
  account_id, -- MID
  count(*) filter (
    where job.is_triggered
  )::bigint as triggered, -- how many; it's a count
  max(job.sent_at) as "at" -- when
from tracking.jobs as job -- all of them
group by job.job_id, account_id;
`;
    expect(commentsOf('bi.some_view', sql).trim().split('\n')).toEqual([
      `comment on view bi.some_view is 'One row per job. Anna''s view.';`,
      `comment on column bi.some_view.job_id is 'JobID';`,
      `comment on column bi.some_view.account_id is 'MID';`,
      `comment on column bi.some_view.triggered is 'how many; it''s a count';`,
      `comment on column bi.some_view.at is 'when';`,
    ]);
  });
});
