import { scaleBand, scaleLinear } from 'd3-scale';
import { stack } from 'd3-shape';
import type { EventCount } from '../../../../store/status/history/trends.ts';
import { humanCount } from '../../../format.ts';
import { type Html, html } from '../html.ts';
import { table } from '../table.ts';
import { frame, height, margin, round, shortCount, width } from './frame.ts';

export interface BarsOptions {
  readonly id: string;
  readonly title: string;
  readonly counts: readonly EventCount[];
  /** Every place of the lower axis, with or without events. */
  readonly places: readonly string[];
  readonly placeText: (place: string) => string;
  /** Shorter, on the axis. */
  readonly tickText?: (place: string) => string;
  /** The title of the first column of its numbers. */
  readonly placeTitle: string;
}

/** Events by type, one bar for each day or hour. */
export function stackedBars(options: BarsOptions): Html {
  const { id, title, counts, places, placeText, tickText = placeText } = options;
  const types = [...new Set(counts.map(({ eventType }) => eventType))];
  const byPlace = new Map(places.map((place) => [place, new Map<string, number>()]));
  for (const { at, eventType, events } of counts) byPlace.get(at)?.set(eventType, events);
  const rows = [...byPlace].map(([place, events]) => ({ place, events }));
  const totals = rows.map(({ events }) => [...events.values()].reduce((sum, count) => sum + count, 0));
  const x = scaleBand(places, [margin.left, width - margin.right]).padding(0.15);
  const y = scaleLinear([0, Math.max(4, ...totals)], [height - margin.bottom, margin.top]).nice(4);
  const series = stack<(typeof rows)[number], string>()
    .keys(types)
    .value(({ events }, type) => events.get(type) ?? 0)(rows);
  const marks = series.map(
    (layer) =>
      html`<g class="type-${layer.key}"
        >${layer.map(([from, to], at) =>
          to === from
            ? undefined
            : html`<rect
                x="${round(x(places[at] ?? '') ?? 0)}"
                width="${round(x.bandwidth())}"
                y="${round(y(to))}"
                height="${round(y(from) - y(to))}"
                ><title>${placeText(places[at] ?? '')}: ${humanCount(to - from)} ${layer.key}</title></rect
              >`,
        )}</g
      >`,
  );
  const every = Math.max(1, Math.ceil(places.length / 6));
  return frame({
    ...{ id, title, y, marks, yText: shortCount },
    summary: summaryOf(options, totals),
    xTicks: places
      .filter((_, at) => at % every === Math.floor(every / 2))
      .map((place) => [(x(place) ?? 0) + x.bandwidth() / 2, tickText(place)]),
    legend: legendOf(types, counts),
    numbers: numbersOf(options, types, rows),
  });
}

function summaryOf({ title, places, placeText }: BarsOptions, totals: readonly number[]): string {
  const peak = Math.max(0, ...totals);
  if (peak === 0) return `${title}: none.`;
  const sum = totals.reduce((all, one) => all + one, 0);
  const peakText = placeText(places[totals.indexOf(peak)] ?? '');
  return `${title}: ${humanCount(sum)} in all, the most ${humanCount(peak)}, ${peakText}.`;
}

function legendOf(types: readonly string[], counts: readonly EventCount[]): Html {
  const sumOf = (type: string) =>
    counts.reduce((sum, { eventType, events }) => sum + (eventType === type ? events : 0), 0);
  return html`<ul class="legend">
    ${types.map(
      (type) =>
        html`<li>
          <svg class="key type-${type}" viewBox="0 0 10 10" aria-hidden="true">
            <rect width="10" height="10" /></svg
          >${type} <b>${humanCount(sumOf(type))}</b>
        </li>`,
    )}
  </ul>`;
}

function numbersOf(
  { title, placeText, placeTitle }: BarsOptions,
  types: readonly string[],
  rows: readonly { readonly place: string; readonly events: ReadonlyMap<string, number> }[],
): Html {
  return table(
    title,
    [{ title: placeTitle }, ...types.map((type) => ({ title: type, isNumber: true }))],
    rows
      .filter(({ events }) => events.size > 0)
      .map(({ place, events }) => [placeText(place), ...types.map((type) => events.get(type) ?? 0)]),
  );
}
