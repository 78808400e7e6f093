import { createColumnPage } from '../../../../src/columns/page.ts';
import { open } from '../../../../src/events/open.ts';
import { requestedProperties } from '../../../../src/events/define-event.ts';
import { countUnrequested } from '../../../../src/pipeline/extraction/unrequested.ts';

const window = { from: new Date('2026-06-01T00:00:00Z'), to: new Date('2026-06-02T00:00:00Z') };

function pageOf(records: readonly (readonly [jobId: string, eventDate: string])[]) {
  const page = createColumnPage(open, { accountId: 7, jobId: 42 });
  for (const [jobId, eventDate] of records) {
    const fields = new Map([
      ['SendID', jobId],
      ['EventDate', eventDate],
      ['SubscriberKey', 'anna'],
    ]);
    page.append(requestedProperties(open).map((property) => fields.get(property) ?? null));
  }
  return page.finish();
}

it('counts events of another job, and of dates outside of the window on the wire', () => {
  const page = pageOf([
    ['42', '2026-06-01T12:00:00Z'],
    ['42', '2026-05-31T23:59:59Z'],
    ['42', '2026-06-02T00:00:00.9Z'],
    ['43', '2026-06-01T12:00:00Z'],
    ['42', '2026-05-31T23:59:58Z'],
    ['42', '2026-06-02T00:00:02Z'],
  ]);
  expect(page.rowCount).toBe(6);
  expect(countUnrequested(page, { jobId: 42, window })).toBe(3);
  expect(countUnrequested(page, { jobId: null, window })).toBe(2);
});
