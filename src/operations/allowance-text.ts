import type { AllowanceStatus } from '../store/status/allowance.ts';
import { humanCount } from './format.ts';

/** People are alerted at this share of the allowance, and the alert ends below the lower one: a day more or less is no news. */
const alertShares = { begins: 0.8, ends: 0.75 };

/** Whether people are alerted to the share that is used; `isOn`: they are already. */
export function isNearAllowance({ share }: AllowanceStatus, isOn: boolean): boolean {
  return share >= (isOn ? alertShares.ends : alertShares.begins);
}

/** `Requests: 420 today, 1.8 % of the yearly allowance used (36,000 of 2,000,000 in 365 days).` */
export function allowanceText(allowance: AllowanceStatus, now: Date): string {
  const { yearlyCalls, requestsToday, requestsInYear, share, countedSince } = allowance;
  if (countedSince === null) return 'Requests: none counted yet.';
  const days = daysCounted(countedSince, now);
  const span = days < yearDays ? `since ${countedSince}` : 'in 365 days';
  return `Requests: ${humanCount(requestsToday)} today, ${percentText(share)} of the yearly allowance used (${humanCount(requestsInYear)} of ${humanCount(yearlyCalls)} ${span}).`;
}

/** `1.8 %`, with two digits where one would say nothing. */
export function percentText(share: number): string {
  return `${(share * 100).toFixed(share < 0.01 ? 2 : 1)} %`;
}

const dayMs = 24 * 60 * 60 * 1000;
const yearDays = 365;
const paceDays = 30;

/** Requests in a year at the pace of the last 30 days, or of fewer where the count is younger; undefined without a count. */
export function yearlyPace(
  { countedSince, requestsInThirtyDays }: AllowanceStatus,
  now: Date,
): number | undefined {
  if (countedSince === null) return undefined;
  const days = Math.min(paceDays, daysCounted(countedSince, now));
  return Math.round((requestsInThirtyDays / days) * yearDays);
}

/** Days from the first that has a count to today, both in it. */
function daysCounted(countedSince: string, now: Date): number {
  return Math.max(1, Math.floor((now.getTime() - Date.parse(countedSince)) / dayMs) + 1);
}
