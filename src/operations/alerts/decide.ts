import type { KnownAlert } from '../../store/alerts.ts';
import type { Condition } from './conditions.ts';

export interface AlertDecision {
  /** Conditions that are new. */
  readonly began: readonly Condition[];
  /** On, and no webhook has accepted them yet. */
  readonly on: readonly Condition[];
  /** Over since the last report. */
  readonly over: readonly KnownAlert[];
}

/** What people are notified of: each alert once when it begins, and once when it is over. */
export function decideAlerts(known: readonly KnownAlert[], conditions: readonly Condition[]): AlertDecision {
  const knownByName = new Map(known.map((one) => [one.alert, one]));
  const current = new Set(conditions.map(({ alert }) => alert));
  return {
    began: conditions.filter(({ alert }) => !knownByName.has(alert)),
    on: conditions.filter(({ alert }) => (knownByName.get(alert)?.notifiedAt ?? null) === null),
    over: known.filter(({ alert }) => !current.has(alert)),
  };
}
