import type { StatusReport } from '../store/status/report.ts';
import { accountText } from './account-names.ts';
import { humanCount, humanDuration, type InstantText, utcText } from './format.ts';

// Sentences of the status report, the same for the terminal, the page and the probes. `at` writes the instants.

/** A sentence names at most this many event types; the table below it has all. */
const namesMax = 4;

/** How far events are complete: the first sentence of every report. */
export function completenessText(
  { completeness, accounts }: Pick<StatusReport, 'completeness' | 'accounts'>,
  at: InstantText = utcText,
): string {
  const { completeTo, holes, accountIds, eventTypes, incomplete } = completeness;
  if (eventTypes.length === 0) return 'No event has been requested yet.';
  const holesText = holes === 0 ? 'no holes' : `${humanCount(holes)} ${holes === 1 ? 'hole' : 'holes'}`;
  if (completeTo !== null) {
    const all = accountIds.length === 1 ? '' : ` of ${humanCount(accountIds.length)} accounts`;
    const types = eventTypes.length > namesMax ? `${eventTypes.length} event types` : listOf(eventTypes);
    return `Complete up to ${at(completeTo)} for ${types}${all}, ${holesText}.`;
  }
  const waiting = incomplete.map(
    ({ accountId, eventType }) => `${eventType} of account ${accountText(accounts, accountId)}`,
  );
  const rest = waiting.length > namesMax ? [`${waiting.length - namesMax} more`] : [];
  return `Not complete yet for ${listOf([...waiting.slice(0, namesMax), ...rest])}, ${holesText}.`;
}

/** Why data are overdue; undefined while they are not. */
export function overdueText(
  { overdue }: Pick<StatusReport, 'overdue'>,
  at: InstantText = utcText,
): string | undefined {
  if (overdue === null) return undefined;
  const { since, lastCompletedAt } = overdue;
  const last =
    lastCompletedAt === null
      ? 'no sync has ever completed'
      : `the last sync completed at ${at(lastCompletedAt)}`;
  return `Data are overdue since ${at(since)}: ${last}.`;
}

/** When the next sync starts by itself. */
export function scheduleText(
  { schedule, schedules, reportedAt }: Pick<StatusReport, 'schedule' | 'schedules' | 'reportedAt'>,
  at: InstantText = utcText,
): string {
  if (schedule === null) return 'No process serves a schedule.';
  const { expression, timeZone, nextTickAt } = schedule;
  const others = schedules.slice(1).map((other) => `${other.expression}, ${other.timeZone}`);
  const more = others.length === 0 ? '' : ` Other processes serve other schedules (${others.join('; ')}).`;
  const next = nextTickAt === null || nextTickAt < reportedAt ? 'due now' : `at ${at(nextTickAt)}`;
  return `Next sync ${next} (${expression}, ${timeZone}).${more}`;
}

/** The last completed sync and backfill. */
export function lastCompletedText(
  { lastCompleted }: Pick<StatusReport, 'lastCompleted'>,
  at: InstantText = utcText,
): string {
  const { sync, backfill } = lastCompleted;
  const syncText =
    sync === null
      ? 'No sync has completed'
      : `Last completed sync: run ${sync.runId} at ${at(sync.finishedAt)}`;
  return backfill === null
    ? `${syncText}.`
    : `${syncText}; last completed backfill: run ${backfill.runId} at ${at(backfill.finishedAt)}.`;
}

/** Event types that an account lacks, a sentence each. */
export function notAvailableTexts(
  { notAvailable, accounts }: Pick<StatusReport, 'notAvailable' | 'accounts'>,
  at: InstantText = utcText,
): string[] {
  return notAvailable.map(
    ({ accountId, eventType, reason, askAgainAt }) =>
      `Not available in account ${accountText(accounts, accountId)}: ${eventType}, requested again from ${at(askAgainAt)} (${reason}).`,
  );
}

/** The filters by which old jobs can be read, the best first. */
export const rungTexts = {
  1: 'by date below a JobID',
  2: 'by date',
  3: 'by lists of jobs',
  4: 'by triggered sends',
} as const;

/** How old jobs are read, a sentence for each account; and where reading by date had missed events. */
export function tailTexts(
  { tails, tailsOff, accounts: named }: Pick<StatusReport, 'tails' | 'tailsOff' | 'accounts'>,
  at: InstantText = utcText,
): string[] {
  const off = tailsOff.map(
    ({ accountId, since, reason, until }) =>
      `The tail of account ${accountText(named, accountId)} is off since ${at(since)}: ${reason}. Old jobs are read one by one until ${at(until)}.`,
  );
  const accounts = [...Map.groupBy(tails, ({ accountId }) => accountId)];
  const read = accounts
    .filter(([accountId]) => !tailsOff.some((one) => one.accountId === accountId))
    .map(([accountId, types]) => {
      const ways = [...Map.groupBy(types, tailWay)].map(
        ([way, some]) =>
          `${way} (${some.length > namesMax ? `${some.length} event types` : listOf(some.map(({ eventType }) => eventType))})`,
      );
      const tail = `Tail of account ${accountText(named, accountId)}: ${ways.join('; ')}.`;
      const jobs = Math.max(...types.map(({ jobsCatchingUp }) => jobsCatchingUp));
      return jobs === 0 ? tail : `${tail} ${catchUpText(jobs)}`;
    });
  return [...off, ...read];
}

function catchUpText(jobs: number): string {
  return jobs === 1
    ? '1 old job was not read that far: it is read by its JobID first.'
    : `${humanCount(jobs)} old jobs were not read that far: they are read by their JobID first.`;
}

/** By which filter the tail of an event type is read. */
export function tailWay({ rung, widthSeconds }: StatusReport['tails'][number]): string {
  if (rung === null) return 'job by job';
  return widthSeconds === null
    ? rungTexts[rung]
    : `${rungTexts[rung]}, ${humanDuration(widthSeconds * 1000)} at a time`;
}

/** When each dimension was last read, for several accounts the oldest of them; undefined before the first reading. */
export function dimensionsText(
  { dimensions }: Pick<StatusReport, 'dimensions'>,
  at: InstantText = utcText,
): string | undefined {
  const oldest = new Map<string, Date>();
  for (const { dimension, readAt } of dimensions) {
    const known = oldest.get(dimension);
    if (known === undefined || readAt < known) oldest.set(dimension, readAt);
  }
  if (oldest.size === 0) return undefined;
  const together = Map.groupBy(oldest, ([, readAt]) => at(readAt));
  const texts = [...together].map(
    ([instant, read]) => `${read.map(([name]) => name).join(', ')} at ${instant}`,
  );
  return `Last read: ${listOf(texts)}.`;
}

/** Whether requests may be sent, and if not, why and until when. */
export function gateText({ gate }: Pick<StatusReport, 'gate'>, at: InstantText = utcText): string {
  if (gate.state === 'open') return `Gate: open (Marketing Cloud: ${gate.systemStatus})`;
  const since = gate.closedAt === null ? '' : ` since ${at(gate.closedAt)}`;
  const next = gate.nextCheckAt === null ? '' : `; next check at ${at(gate.nextCheckAt, 'second')}`;
  return `Gate: CLOSED${since}: ${gate.reason ?? gate.systemStatus}${next}`;
}

/** Accounts that may have fewer Retrieves in flight than the settings say, a sentence each. */
export function reducedTexts(
  { accounts }: Pick<StatusReport, 'accounts'>,
  at: InstantText = utcText,
): string[] {
  return accounts.flatMap(({ accountId, state, reduced }) => {
    if (reduced === null || state === 'retired') return [];
    const { slots, of, since, code } = reduced;
    return `Account ${accountText(accounts, accountId)}: ${slots} of ${of} Retrieves at once, since ${at(since)} (${code}); one more every five minutes.`;
  });
}

/** `sent, open and click` */
function listOf(names: readonly string[]): string {
  const last = names.at(-1) ?? '';
  return names.length < 2 ? last : `${names.slice(0, -1).join(', ')} and ${last}`;
}
