import { scaleLinear, scaleUtc } from 'd3-scale';
import { area, line } from 'd3-shape';
import { humanInstant } from '../../../format.ts';
import { type Html, html } from '../html.ts';
import { table } from '../table.ts';
import { frame, height, margin, round, width } from './frame.ts';

export interface LineOptions {
  readonly id: string;
  readonly title: string;
  /** The oldest first; null where there is nothing to say. */
  readonly points: readonly { readonly at: Date; readonly value: number | null }[];
  readonly from: Date;
  readonly to: Date;
  readonly valueText: (value: number) => string;
  readonly valueTitle: string;
  /** The axis ends here at least. */
  readonly valueMaxLeast: number;
}

/** One value over time. */
export function lineChart(options: LineOptions): Html {
  const { id, title, points, from, to, valueText, valueTitle, valueMaxLeast } = options;
  const values = points.flatMap(({ value }) => (value === null ? [] : [value]));
  const x = scaleUtc([from, to], [margin.left, width - margin.right]);
  const y = scaleLinear([0, Math.max(valueMaxLeast, ...values)], [height - margin.bottom, margin.top]).nice(
    4,
  );
  type Point = (typeof points)[number];
  const isThere = ({ value }: Point) => value !== null;
  const stroke = line<Point>(
    ({ at }) => x(at),
    ({ value }) => y(value ?? 0),
  ).defined(isThere);
  const fill = area<Point>(
    ({ at }) => x(at),
    y(0),
    ({ value }) => y(value ?? 0),
  ).defined(isThere);
  const last = points.findLast(isThere);
  const latest = last?.value ?? undefined;
  return frame({
    ...{ id, title, y, yText: valueText },
    summary:
      latest === undefined
        ? `${title}: no samples yet.`
        : `${title}: now ${valueText(latest)}, at most ${valueText(Math.max(...values))}.`,
    xTicks: x.ticks(5).map((at) => [x(at), humanInstant(at).slice(11)]),
    marks:
      latest === undefined
        ? []
        : [
            html`<path class="area" d="${fill([...points]) ?? ''}" />`,
            html`<path class="line" d="${stroke([...points]) ?? ''}" />`,
            html`<circle class="dot" r="3" cx="${round(x(last?.at ?? to))}" cy="${round(y(latest))}" />`,
          ],
    numbers: table(
      title,
      [{ title: 'UTC' }, { title: valueTitle, isNumber: true }],
      points.map(({ at, value }) => [humanInstant(at), value === null ? null : valueText(value)]),
    ),
  });
}
