import type { StatusReport } from '../../store/status/report.ts';
import { humanCount, humanInstant } from '../format.ts';
import { allowanceText, isNearAllowance } from '../allowance-text.ts';
import { accountText } from '../account-names.ts';
import { gateText, overdueText } from '../report-text.ts';

/** Something that a person has to know, for as long as it lasts. */
export interface Condition {
  /** What it is about: equal for the same condition in the next report. */
  readonly alert: string;
  /** One sentence; counts and names of ours, never a text of a record. */
  readonly text: string;
}

/** The step that sends alerts; its own failure cannot be sent. */
export const alertStep = 'send-alerts';

/** Everything in a report that people are alerted to; `isOn`: whether an alert is on already. */
export function conditionsOf(
  report: StatusReport,
  isOn: (alert: string) => boolean = () => false,
): Condition[] {
  const overdue = overdueText(report);
  const { accounts } = report;
  return [
    ...failedRuns(report),
    ...(overdue === undefined ? [] : [{ alert: 'overdue', text: overdue }]),
    ...(report.gate.state === 'open' ? [] : [{ alert: 'gate', text: `${gateText(report)}.` }]),
    ...refused(report),
    ...(isNearAllowance(report.allowance, isOn(allowanceAlert)) ? [nearAllowance(report)] : []),
    ...parked(report),
    ...report.deficits.map(({ accountId, jobs }) => ({
      alert: `completeness:${accountId}`,
      text: `Account ${accountText(accounts, accountId)}: ${humanCount(jobs)} ${jobs === 1 ? 'job lacks' : 'jobs lack'} events that Marketing Cloud counts; see bi.completeness.`,
    })),
    ...report.tailsOff.map(({ accountId }) => ({
      alert: `tail:${accountId}`,
      text: `Account ${accountText(accounts, accountId)}: reading by date had missed events, so that old jobs are read one by one; see status.`,
    })),
    ...report.housekeeping.flatMap(({ step, failure }) =>
      failure === null || step === alertStep
        ? []
        : [{ alert: `housekeeping:${step}`, text: `The housekeeping step ${step} fails; see status.` }],
    ),
  ];
}

function refused({ accounts }: StatusReport): Condition[] {
  return accounts
    .filter(({ state }) => state === 'refused')
    .map(({ accountId }) => ({
      alert: `account:${accountId}`,
      text: `Account ${accountText(accounts, accountId)}: its credentials are refused.`,
    }));
}

const allowanceAlert = 'allowance';

function nearAllowance({ allowance, reportedAt }: StatusReport): Condition {
  return {
    alert: allowanceAlert,
    text: `${allowanceText(allowance, reportedAt)} Other programs use it as well.`,
  };
}

/** How the outcome of a run is called where it failed. One that a signal ended did not. */
const failures = {
  halted: 'was halted: the credentials of every account were refused, or a bug ended it',
  source_unavailable: 'ended at the closed gate: Marketing Cloud is in maintenance or has an outage',
} as const;

/** The last run of a kind that ended by itself; a later one that completes ends the alert. */
function failedRuns({ runs }: StatusReport): Condition[] {
  return (['sync', 'backfill'] as const).flatMap((kind) => {
    const last = runs.find(
      (run) => run.kind === kind && run.outcome !== null && run.outcome !== 'interrupted',
    );
    if (last?.outcome !== 'halted' && last?.outcome !== 'source_unavailable') return [];
    const at = humanInstant(last.finishedAt);
    return [
      {
        alert: `run:${kind}`,
        text: `The last ${kind} (run ${last.runId}, ${at} UTC) ${failures[last.outcome]}.`,
      },
    ];
  });
}

function parked({ eventTypes, accounts }: StatusReport): Condition[] {
  return eventTypes
    .filter(({ parkedTasks }) => parkedTasks > 0)
    .map(({ accountId, eventType, parkedTasks, holes }) => {
      const tasks = parkedTasks === 1 ? '1 task is' : `${humanCount(parkedTasks)} tasks are`;
      return {
        alert: `parked:${accountId}:${eventType}`,
        text: `Account ${accountText(accounts, accountId)}, ${eventType}: ${tasks} parked, ${humanCount(holes)} of them ${holes === 1 ? 'is a hole' : 'are holes'}; see tasks --parked.`,
      };
    });
}
