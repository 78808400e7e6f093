import type { Fault, FaultRule } from '../../../simulator/faults/faults.ts';
import { ago, dayMs, hourMs } from '../clock.ts';
import type { World } from '../../../simulator/world/world.ts';
import { syncToEnd } from '../program/in-process-cli.ts';
import { accountId, listSend, type Stage, worldOf } from '../simulator.ts';
import type { SyncEnd } from './record.ts';

const faultJobId = 4711;
export const faultEvents = 100;

/**
 * 100 mails of one job. They are read in two windows of three pages, because `Send.NumberSent` claims far more.
 */
export function faultWorld(): World {
  const createdAt = ago(2 * dayMs);
  const sentAt = new Date(createdAt.getTime() + 10 * hourMs);
  const counts = { sent: faultEvents };
  const spec = { createdAt, scheduledAt: new Date(createdAt.getTime() + 600_000), sentAt, counts };
  return worldOf([listSend(faultJobId, { ...spec, numberSent: 1_000 })]);
}

/** Longer than any response takes, however slow the machine is. */
export const longTimeouts = { REQUEST_TIMEOUT_SECONDS: '120' };

const settings = {
  EVENT_TYPES: 'sent',
  PAGE_SIZE: '20',
  RETRY_BASE_MS: '2',
  CONCURRENCY_PER_ACCOUNT: '1',
  ...longTimeouts,
  // No second check is due while a case lasts, however slow the machine is: checks are counted, not timed.
  STATUS_POLL_SECONDS: '600',
};

/** Settings under which a request that gets no response ends soon. */
export function shortTimeouts({ kind }: Fault): Record<string, string> {
  const isSlow = kind === 'hang' || kind === 'drip';
  return isSlow ? { REQUEST_TIMEOUT_SECONDS: '1' } : {};
}

/** Runs `sync` as the command does, in this process, while the simulator follows these fault rules. */
export async function syncWith(
  stage: Stage,
  rules: readonly FaultRule[],
  changes: Readonly<Record<string, string>> = {},
): Promise<SyncEnd> {
  stage.simulator.setFaults(rules);
  const before = stage.simulator.requests.length;
  const { code, stderr } = await syncToEnd({ ...stage.env, ...settings, ...changes });
  const made = stage.simulator.requests.slice(before);
  const count = (operation: string) => made.filter((request) => request.operation === operation).length;
  return {
    exitCode: code ?? Number.NaN,
    reads: lineToRead(stderr),
    ...(await readState(stage)),
    requests: { retrieve: count('Retrieve'), status: count('GetSystemStatus'), token: count('token') },
  };
}

/** The last line on stderr among those of the highest level. */
function lineToRead(text: string): string {
  let highest = { level: 0, line: '' };
  for (const line of text.split('\n').filter((one) => one !== '')) {
    const found = parseLine(line);
    if (found.level >= highest.level) highest = found;
  }
  return highest.line;
}

function parseLine(line: string): { level: number; line: string } {
  try {
    const json: unknown = JSON.parse(line);
    if (typeof json === 'object' && json !== null && 'msg' in json) {
      const reason = 'reason' in json ? `: ${String(json.reason)}` : '';
      const level = 'level' in json ? levels.indexOf(String(json.level)) : 0;
      return { level, line: `${String(json.msg)}${reason}` };
    }
  } catch {
    // A line for people: the reason why the command ended.
  }
  return { level: levels.length, line };
}

const levels = ['trace', 'debug', 'info', 'warn', 'error', 'fatal'];

async function readState({ pool, world }: Stage) {
  const { rows: events } = await pool.query<{ subscriber_key: string | null }>(
    'select subscriber_key from tracking.sent_events',
  );
  const { rows } = await pool.query<{ parked: number; rejected: number; watermark: Date | null }>(
    `select (select count(*) from pipeline.extract_tasks where state = 'parked')::int as parked,
            (select count(*) from pipeline.rejected_records)::int as rejected,
            (select min(watermark) from pipeline.checkpoints where job_id = $1) as watermark`,
    [faultJobId],
  );
  const state = rows[0] ?? { parked: 0, rejected: 0, watermark: null };
  const loaded = new Set(events.map((event) => event.subscriber_key ?? ''));
  const behindMs = state.watermark?.getTime() ?? -Infinity;
  const lost = [...world.events('sent', accountId)].filter(
    (event) => event.occurredAt < behindMs && !loaded.has(event.subscriberKey ?? ''),
  );
  const { parked, rejected } = state;
  return { loaded: events.length, parked, rejected, lostBehindWatermark: lost.length };
}
