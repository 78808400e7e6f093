import { decideAlerts } from '../../../../src/operations/alerts/decide.ts';

const beganAt = new Date('2026-07-01T02:00:00Z');
const gate = { alert: 'gate', text: 'The gate is closed.' };
const known = (notifiedAt: Date | null) => [{ ...gate, beganAt, notifiedAt }];

describe('decideAlerts', () => {
  it('notifies of a condition that is new', () => {
    expect(decideAlerts([], [gate])).toEqual({ began: [gate], on: [gate], over: [] });
  });

  it('is silent while it lasts, also where its text changes', () => {
    const later = { ...gate, text: 'The gate is still closed.' };
    expect(decideAlerts(known(beganAt), [later])).toEqual({ began: [], on: [], over: [] });
  });

  it('notifies again of one that no webhook has accepted', () => {
    expect(decideAlerts(known(null), [gate])).toEqual({ began: [], on: [gate], over: [] });
  });

  it('notifies once that it is over, also where its beginning was never accepted', () => {
    expect(decideAlerts(known(beganAt), [])).toEqual({ began: [], on: [], over: known(beganAt) });
    expect(decideAlerts(known(null), [])).toEqual({ began: [], on: [], over: known(null) });
  });
});
