import type { ScaleLinear } from 'd3-scale';
import { humanCount } from '../../../format.ts';
import { type Html, html } from '../html.ts';

// In units of the drawing, which is about as wide as its place on the page: text keeps its size.
export const width = 420;
export const height = 190;
export const margin = { top: 10, right: 8, bottom: 24, left: 46 };

export interface Frame {
  readonly id: string;
  readonly title: string;
  /** What it shows, in words, for those who do not see it. */
  readonly summary: string;
  readonly y: ScaleLinear<number, number>;
  readonly yText: (value: number) => string;
  /** Places and texts of the lower axis. */
  readonly xTicks: readonly (readonly [x: number, text: string])[];
  /** None: there is nothing to draw yet. */
  readonly marks: readonly Html[];
  readonly legend?: Html | undefined;
  /** The numbers themselves. */
  readonly numbers: Html;
}

/** A chart as a figure: title, drawing, legend, and its numbers as a table. */
export function frame(parts: Frame): Html {
  const { id, title, summary, y, yText, xTicks, marks } = parts;
  if (marks.length === 0) {
    return html`<figure id="${id}">
      <figcaption>${title}</figcaption>
      <p class="small">None yet.</p>
    </figure>`;
  }
  const ticks = y.ticks(4).filter(Number.isInteger);
  return html`<figure id="${id}">
    <figcaption>${title}</figcaption>
    <svg viewBox="0 0 ${width} ${height}" role="img" aria-label="${summary}">
      ${ticks.map(
        (value) =>
          html`<line
              class="grid"
              x1="${margin.left}"
              x2="${width - margin.right}"
              y1="${round(y(value))}"
              y2="${round(y(value))}"
            /><text class="tick" x="${margin.left - 6}" y="${round(y(value) + 4)}" text-anchor="end"
              >${yText(value)}</text
            >`,
      )}${marks}${xTicks.map(
        ([x, text]) =>
          html`<text class="tick" x="${round(x)}" y="${height - 6}" text-anchor="middle">${text}</text>`,
      )}</svg
    >${parts.legend}
    <details>
      <summary>Numbers</summary>
      <div class="scroll" tabindex="0" role="region" aria-label="${title}: numbers">${parts.numbers}</div>
    </details>
  </figure>`;
}

export function round(value: number): number {
  return Math.round(value * 10) / 10;
}

/** `1.2M`, `340k`: an axis has little room. */
export function shortCount(value: number): string {
  if (value >= 1e6) return `${humanCount(value / 1e6)}M`;
  return value >= 1000 ? `${humanCount(value / 1000)}k` : humanCount(value);
}
