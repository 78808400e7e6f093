import type { Overview } from '../../../../store/status/overview.ts';
import type { Trends } from '../../../../store/status/history/trends.ts';
import { humanCount, humanInstant } from '../../../format.ts';
import { lineChart } from '../chart/line.ts';
import { shortCount } from '../chart/frame.ts';
import { stackedBars } from '../chart/stacked-bars.ts';
import { type Html, html } from '../html.ts';
import { section } from '../layout.ts';

const hourMs = 3_600_000;

/** Events, lag and backlog over time. */
export function trendsSection({ trends, runs }: Overview): Html | undefined {
  if (runs.length === 0) return undefined;
  return section(
    'trends',
    'Over time',
    html`<div class="charts">
      ${eventsPerDay(trends.perDay, daysOf(trends), trends.timeZone)}${loadedPerHour(trends)}${lagOverTime(trends)}${backlogOverTime(trends)}
    </div>`,
    ['select * from bi.daily_engagement', 'select * from pipeline.status_samples'],
  );
}

/** Events by the day on which they happened, in the time zone of reports. */
export function eventsPerDay(counts: Trends['perDay'], days: readonly string[], timeZone: string): Html {
  return stackedBars({
    ...{ id: 'events-per-day', title: `Events per day (${timeZone})`, counts, places: days },
    ...{ placeTitle: `Day (${timeZone})`, placeText: dayText },
  });
}

function loadedPerHour({ loadedPerHour: counts, firstHour, lastHour }: Trends): Html {
  const places: string[] = [];
  for (let at = Date.parse(firstHour); at <= Date.parse(lastHour); at += hourMs)
    places.push(new Date(at).toISOString());
  return stackedBars({
    ...{ id: 'loaded-per-hour', title: 'New events loaded per hour (UTC)', counts, places },
    ...{
      placeTitle: 'Hour (UTC)',
      placeText: (place) => `${dayText(place.slice(0, 10))} ${clockText(place)}`,
    },
    tickText: clockText,
  });
}

function lagOverTime({ samples, firstHour, lastHour }: Trends): Html {
  return lineChart({
    ...{ id: 'lag', title: 'Lag of the oldest watermark (hours)', valueTitle: 'Hours' },
    points: samples.map(({ at, lagSeconds }) => ({
      at,
      value: lagSeconds === null ? null : lagSeconds / 3600,
    })),
    ...spanOf(firstHour, lastHour),
    ...{ valueMaxLeast: 4, valueText: (hours) => humanCount(Math.round(hours * 10) / 10) },
  });
}

function backlogOverTime({ samples, firstHour, lastHour }: Trends): Html {
  return lineChart({
    ...{ id: 'backlog', title: 'Backlog (open tasks)', valueTitle: 'Open tasks' },
    points: samples.map(({ at, openTasks }) => ({ at, value: openTasks })),
    ...spanOf(firstHour, lastHour),
    ...{ valueMaxLeast: 4, valueText: shortCount },
  });
}

function spanOf(firstHour: string, lastHour: string): { from: Date; to: Date } {
  return { from: new Date(firstHour), to: new Date(Date.parse(lastHour) + hourMs) };
}

function daysOf({ firstDay, lastDay }: Trends): string[] {
  return daysBetween(firstDay, lastDay);
}

/** Every day from one to another, both in it. */
export function daysBetween(first: string, last: string): string[] {
  const days: string[] = [];
  for (let at = Date.parse(first); at <= Date.parse(last); at += 24 * hourMs)
    days.push(new Date(at).toISOString().slice(0, 10));
  return days;
}

const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

function clockText(instant: string): string {
  return humanInstant(instant).slice(11);
}

function dayText(day: string): string {
  return `${Number(day.slice(8))} ${months[Number(day.slice(5, 7)) - 1] ?? ''}`;
}
