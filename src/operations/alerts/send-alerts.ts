import { addAlerts, readAlerts, settleAlerts } from '../../store/alerts.ts';
import type { Pool } from '../../store/connection/pool.ts';
import type { StatusReport } from '../../store/status/report.ts';
import { humanInstant } from '../format.ts';
import { conditionsOf } from './conditions.ts';
import { decideAlerts } from './decide.ts';
import type { Webhook } from './webhook.ts';

export interface AlertDeps {
  readonly pool: Pool;
  readonly webhook: Webhook;
  readonly readReport: () => Promise<StatusReport>;
  readonly now: () => Date;
}

/**
 * Notifies people of what began and what is over since the last report, in one message. What the webhook does not accept
 * is sent again by the next call. A process that dies between the acceptance and its note sends one message twice.
 *
 * @throws {TransportError} when the webhook does not accept it.
 */
export async function sendAlerts(
  { pool, webhook, readReport, now }: AlertDeps,
  signal: AbortSignal,
): Promise<{ on: number; over: number }> {
  const known = await readAlerts(pool);
  const conditions = conditionsOf(await readReport(), (alert) => known.some((one) => one.alert === alert));
  const { began, on, over } = decideAlerts(known, conditions);
  await addAlerts(pool, began);
  if (on.length + over.length === 0) return { on: 0, over: 0 };
  const lines = [
    ...on.map(({ text }) => `ALERT: ${text}`),
    ...over.map(
      ({ text, beganAt }) => `Over: ${text} (from ${humanInstant(beganAt)} to ${humanInstant(now())} UTC)`,
    ),
  ];
  await webhook.send(lines, signal);
  const named = (alerts: readonly { alert: string }[]) => alerts.map(({ alert }) => alert);
  await settleAlerts(pool, { on: named(on), over: named(over) });
  return { on: on.length, over: over.length };
}
