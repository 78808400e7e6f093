import { summarizeCompleteness } from '../../../../../src/store/status/coverage/completeness.ts';
import { eventTypeStatus } from '../../../../support/stored/status-report.ts';

const at = (hour: number) => new Date(Date.UTC(2026, 6, 2, hour));

describe('summarizeCompleteness', () => {
  it('is as far as the event type that is furthest behind, with the holes of all', () => {
    const rows = [
      eventTypeStatus({ eventType: 'sent', completeTo: at(3), holes: 1 }),
      eventTypeStatus({ eventType: 'open', completeTo: at(1) }),
      eventTypeStatus({ accountId: 2, eventType: 'open', completeTo: at(2), holes: 2 }),
    ];
    expect(summarizeCompleteness(rows)).toEqual({
      completeTo: at(1),
      holes: 3,
      accountIds: [7_000_001, 2],
      eventTypes: ['sent', 'open'],
      incomplete: [],
    });
  });

  it('says of no instant that all before it is in while one event type was never read to an end', () => {
    const rows = [eventTypeStatus(), eventTypeStatus({ eventType: 'click', completeTo: null })];
    expect(summarizeCompleteness(rows)).toMatchObject({
      completeTo: null,
      incomplete: [{ accountId: 7_000_001, eventType: 'click' }],
    });
  });

  it('leaves out what nothing was planned for: a dimension with a rejected record, an event type without a job', () => {
    const nothing = { completeTo: null, checkpoints: { open: 0, complete: 0, closed: 0 } };
    const rows = [
      eventTypeStatus({ completeTo: at(1) }),
      eventTypeStatus({ ...nothing, eventType: 'click', rejectedRecords: 3 }),
      eventTypeStatus({ ...nothing, eventType: 'job', openTasks: 1 }),
    ];
    expect(summarizeCompleteness(rows)).toMatchObject({ completeTo: at(1), eventTypes: ['open'] });
  });

  it('is empty before the first sync', () => {
    expect(summarizeCompleteness([])).toMatchObject({ completeTo: null, holes: 0, eventTypes: [] });
  });
});
