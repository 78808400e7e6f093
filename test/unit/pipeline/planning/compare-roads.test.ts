import { compareRoads, type RoadsToCompare } from '../../../../src/pipeline/planning/compare-roads.ts';

const year: RoadsToCompare = {
  from: new Date('2025-01-01T00:00:00Z'),
  to: new Date('2026-01-01T00:00:00Z'),
  accounts: 2,
  soap: { requests: 30_000, minutes: 2_000, allowanceShare: 0.015 },
  events: 48_000_000,
  eventsPerMinute: 480_000,
  otherTypes: 0,
};

describe('the cheaper road', () => {
  it('is the extract where a backfill takes longer than writing and importing files', () => {
    expect(compareRoads(year)).toEqual({
      extract: { extracts: 26, requests: 52, minutes: 100 },
      cheaper: 'extract',
    });
  });

  it('is the backfill where it is done before files could be there', () => {
    expect(compareRoads({ ...year, soap: { ...year.soap, minutes: 219 } }).cheaper).toBe('soap');
    expect(compareRoads({ ...year, soap: { ...year.soap, minutes: 221 } }).cheaper).toBe('extract');
  });

  it('is decided by the allowance where no run was measured', () => {
    expect(compareRoads({ ...year, soap: { ...year.soap, minutes: null } }).cheaper).toBe('soap');
    const soap = { requests: 60_000, minutes: null, allowanceShare: 0.03 };
    expect(compareRoads({ ...year, soap }).cheaper).toBe('extract');
  });

  it('is the backfill for event types that no extract has', () => {
    const soap = { ...year.soap, allowanceShare: 0.9 };
    expect(compareRoads({ ...year, soap, events: 0, otherTypes: 1 }).cheaper).toBe('soap');
  });
});
