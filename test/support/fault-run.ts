import type { Fault, FaultRule } from '../../simulator/faults/faults.ts';
import type { ExitCode } from '../../src/cli/context.ts';
import { reportError } from '../../src/cli/report-error.ts';
import { runInProcess } from './in-process-cli.ts';
import { ago, dayMs, hourMs } from './clock.ts';
import type { World } from '../../simulator/world/world.ts';
import { accountId, listSend, type Stage, worldOf } from './simulator.ts';

const faultJobId = 4711;
export const faultEvents = 10_000;

/** What one sync did, as a person and a program see it. */
export interface SyncEnd {
  readonly exitCode: ExitCode;
  /** The line an operator would look at first: what was parked, what failed, or the reason of the end. */
  readonly reads: string;
  readonly loaded: number;
  readonly parked: number;
  readonly rejected: number;
  readonly requests: { readonly retrieve: number; readonly status: number; readonly token: number };
  /** Events that happened before the watermark and are in no table: must be none. */
  readonly lostBehindWatermark: number;
}

/**
 * 10,000 mails of one job, in two windows of five pages: what `Send.NumberSent` claims makes the planner
 * cut the span in two.
 */
export function faultWorld(): World {
  const createdAt = ago(2 * dayMs);
  const sentAt = new Date(createdAt.getTime() + 10 * hourMs);
  const counts = { sent: faultEvents };
  const spec = { createdAt, scheduledAt: new Date(createdAt.getTime() + 600_000), sentAt, counts };
  return worldOf([listSend(faultJobId, { ...spec, numberSent: 400_000 })]);
}

const settings = {
  EVENT_TYPES: 'sent',
  PAGE_SIZE: '1000',
  RETRY_BASE_MS: '2',
  CONCURRENCY_PER_ACCOUNT: '1',
  REQUEST_TIMEOUT_SECONDS: '30',
  STATUS_POLL_SECONDS: '60',
};

/** Settings under which a fault of that kind, and a closed gate, take no longer than they must. */
export function impatient({ kind }: Fault): Record<string, string> {
  const isSlow = kind === 'hang' || kind === 'drip';
  return isSlow ? { REQUEST_TIMEOUT_SECONDS: '0.5' } : {};
}

/** Runs `sync` as the command does, in this process, while the simulator answers by these rules. */
export async function syncWith(
  stage: Stage,
  rules: readonly FaultRule[],
  changes: Readonly<Record<string, string>> = {},
): Promise<SyncEnd> {
  stage.simulator.setFaults(rules);
  const before = stage.simulator.requests.length;
  const stderr = collector();
  const env = { ...stage.env, ...settings, ...changes };
  const exitCode = await runInProcess(['sync', '--json'], { env, stderr }).catch((error: unknown) =>
    reportError(stderr, error, undefined),
  );
  const made = stage.simulator.requests.slice(before);
  const count = (operation: string) => made.filter((request) => request.operation === operation).length;
  return {
    exitCode,
    reads: lineToRead(stderr.text()),
    ...(await readState(stage)),
    requests: { retrieve: count('Retrieve'), status: count('GetSystemStatus'), token: count('token') },
  };
}

function collector() {
  const pieces: string[] = [];
  return { write: (piece: string) => pieces.push(piece), text: () => pieces.join('') };
}

/** The last line on stderr of the gravest level there is. */
function lineToRead(text: string): string {
  let gravest = { level: 0, line: '' };
  for (const line of text.split('\n').filter((one) => one !== '')) {
    const found = parseLine(line);
    if (found.level >= gravest.level) gravest = found;
  }
  return gravest.line;
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
