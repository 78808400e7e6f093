import type { StatusReport } from '../store/status/report.ts';
import { accountText } from './account-names.ts';
import { humanCount, humanDuration, humanInstant } from './format.ts';

// Sentences of the status report, the same for the terminal, the page and the probes. Instants are UTC.

/** A sentence names at most this many event types; the table below it has all. */
const namesMax = 4;

/** How far events are complete: the first sentence of every report. */
export function completenessText({
  completeness,
  accounts,
}: Pick<StatusReport, 'completeness' | 'accounts'>): string {
  const { completeTo, holes, accountIds, eventTypes, incomplete } = completeness;
  if (eventTypes.length === 0) return 'No event has been requested yet.';
  const holesText = holes === 0 ? 'no holes' : `${humanCount(holes)} ${holes === 1 ? 'hole' : 'holes'}`;
  if (completeTo !== null) {
    const all = accountIds.length === 1 ? '' : ` of ${humanCount(accountIds.length)} accounts`;
    const types = eventTypes.length > namesMax ? `${eventTypes.length} event types` : listOf(eventTypes);
    return `Complete up to ${humanInstant(completeTo)} UTC for ${types}${all}, ${holesText}.`;
  }
  const waiting = incomplete.map(
    ({ accountId, eventType }) => `${eventType} of account ${accountText(accounts, accountId)}`,
  );
  const rest = waiting.length > namesMax ? [`${waiting.length - namesMax} more`] : [];
  return `Not complete yet for ${listOf([...waiting.slice(0, namesMax), ...rest])}, ${holesText}.`;
}

/** Why data are overdue; undefined while they are not. */
export function overdueText({ overdue }: Pick<StatusReport, 'overdue'>): string | undefined {
  if (overdue === null) return undefined;
  const { since, lastCompletedAt } = overdue;
  const last =
    lastCompletedAt === null
      ? 'no sync has ever completed'
      : `the last sync completed at ${humanInstant(lastCompletedAt)} UTC`;
  return `Data are overdue since ${humanInstant(since)} UTC: ${last}.`;
}

/** When the next sync starts by itself. */
export function scheduleText({
  schedule,
  schedules,
  reportedAt,
}: Pick<StatusReport, 'schedule' | 'schedules' | 'reportedAt'>): string {
  if (schedule === null) return 'No process serves a schedule.';
  const { expression, timeZone, nextTickAt } = schedule;
  const others = schedules.slice(1).map((other) => `${other.expression}, ${other.timeZone}`);
  const more = others.length === 0 ? '' : ` Other processes serve other schedules (${others.join('; ')}).`;
  const next =
    nextTickAt === null || nextTickAt < reportedAt ? 'due now' : `at ${humanInstant(nextTickAt)} UTC`;
  return `Next sync ${next} (${expression}, ${timeZone}).${more}`;
}

/** The last completed sync and backfill. */
export function lastCompletedText({ lastCompleted }: Pick<StatusReport, 'lastCompleted'>): string {
  const { sync, backfill } = lastCompleted;
  const syncText =
    sync === null
      ? 'No sync has completed'
      : `Last completed sync: run ${sync.runId} at ${humanInstant(sync.finishedAt)} UTC`;
  return backfill === null
    ? `${syncText}.`
    : `${syncText}; last completed backfill: run ${backfill.runId} at ${humanInstant(backfill.finishedAt)} UTC.`;
}

/** Event types that an account lacks, a sentence each. */
export function notAvailableTexts({
  notAvailable,
  accounts,
}: Pick<StatusReport, 'notAvailable' | 'accounts'>): string[] {
  return notAvailable.map(
    ({ accountId, eventType, reason, askAgainAt }) =>
      `Not available in account ${accountText(accounts, accountId)}: ${eventType}, requested again from ${humanInstant(askAgainAt)} UTC (${reason}).`,
  );
}

const rungTexts = {
  1: 'by date below a JobID',
  2: 'by date',
  3: 'by lists of jobs',
  4: 'by triggered sends',
} as const;

/** How old jobs are read, a sentence for each account; and where reading by date had missed events. */
export function tailTexts({
  tails,
  tailsOff,
  accounts: named,
}: Pick<StatusReport, 'tails' | 'tailsOff' | 'accounts'>): string[] {
  const off = tailsOff.map(
    ({ accountId, since, reason, until }) =>
      `The tail of account ${accountText(named, accountId)} is off since ${humanInstant(since)} UTC: ${reason}. Old jobs are read one by one until ${humanInstant(until)} UTC.`,
  );
  const accounts = [...Map.groupBy(tails, ({ accountId }) => accountId)];
  const read = accounts
    .filter(([accountId]) => !tailsOff.some((one) => one.accountId === accountId))
    .map(([accountId, types]) => {
      const ways = [...Map.groupBy(types, tailWay)].map(
        ([way, some]) =>
          `${way} (${some.length > namesMax ? `${some.length} event types` : listOf(some.map(({ eventType }) => eventType))})`,
      );
      return `Tail of account ${accountText(named, accountId)}: ${ways.join('; ')}.`;
    });
  return [...off, ...read];
}

function tailWay({ rung, widthSeconds }: StatusReport['tails'][number]): string {
  if (rung === null) return 'job by job';
  return widthSeconds === null
    ? rungTexts[rung]
    : `${rungTexts[rung]}, ${humanDuration(widthSeconds * 1000)} at a time`;
}

/** When each dimension was last read, for several accounts the oldest of them; undefined before the first reading. */
export function dimensionsText({ dimensions }: Pick<StatusReport, 'dimensions'>): string | undefined {
  const oldest = new Map<string, Date>();
  for (const { dimension, readAt } of dimensions) {
    const known = oldest.get(dimension);
    if (known === undefined || readAt < known) oldest.set(dimension, readAt);
  }
  if (oldest.size === 0) return undefined;
  const texts = [...oldest].map(([name, readAt]) => `${name} at ${humanInstant(readAt)}`);
  return `Last read (UTC): ${listOf(texts)}.`;
}

/** Whether requests may be sent, and if not, why and until when. */
export function gateText({ gate }: Pick<StatusReport, 'gate'>): string {
  if (gate.state === 'open') return `Gate: open (Marketing Cloud: ${gate.systemStatus})`;
  const since = gate.closedAt === null ? '' : ` since ${humanInstant(gate.closedAt)} UTC`;
  const next =
    gate.nextCheckAt === null ? '' : `; next check at ${humanInstant(gate.nextCheckAt, 'second')} UTC`;
  return `Gate: CLOSED${since}: ${gate.reason ?? gate.systemStatus}${next}`;
}

/** Accounts that may have fewer Retrieves in flight than the settings say, a sentence each. */
export function reducedTexts({ accounts }: Pick<StatusReport, 'accounts'>): string[] {
  return accounts.flatMap(({ accountId, state, reduced }) => {
    if (reduced === null || state === 'retired') return [];
    const { slots, of, since, code } = reduced;
    return `Account ${accountText(accounts, accountId)}: ${slots} of ${of} Retrieves at once, since ${humanInstant(since)} UTC (${code}); one more every five minutes.`;
  });
}

/** `sent, open and click` */
function listOf(names: readonly string[]): string {
  const last = names.at(-1) ?? '';
  return names.length < 2 ? last : `${names.slice(0, -1).join(', ')} and ${last}`;
}
