import { humanCount } from '../../format.ts';
import { type Html, html } from './html.ts';

export interface Column {
  readonly title: string;
  /** Numbers stand at the right. */
  readonly isNumber?: boolean;
}

export type Cell = string | number | null | Html;

/** A table; on a narrow screen each row becomes a block of labelled values, which the roles keep a table for screen readers. */
export function table(caption: string, columns: readonly Column[], rows: readonly (readonly Cell[])[]): Html {
  const cell = (value: Cell, at: number) => {
    const { title = '', isNumber = false } = columns[at] ?? {};
    const role = at === 0 ? 'rowheader' : 'cell';
    return html`<td role="${role}" data-label="${title}" ${classOf(isNumber)}>${textOf(value)}</td>`;
  };
  return html`<table role="table">
    <caption>
      ${caption}
    </caption>
    <thead role="rowgroup">
      <tr role="row">
        ${columns.map(
          ({ title, isNumber = false }) =>
            html`<th scope="col" role="columnheader" ${classOf(isNumber)}>${title}</th>`,
        )}
      </tr>
    </thead>
    <tbody role="rowgroup">
      ${rows.map(
        (row) =>
          html`<tr role="row">
            ${row.map(cell)}
          </tr>`,
      )}
    </tbody>
  </table>`;
}

function classOf(isNumber: boolean): Html | undefined {
  return isNumber ? html` class="n"` : undefined;
}

function textOf(value: Cell): Html {
  if (value === null) return html`<span class="none">–</span>`;
  if (typeof value === 'number') return html`${humanCount(value)}`;
  return typeof value === 'string' ? html`${shortened(value)}` : value;
}

/** A cell, or a heading, holds at most this many characters: a tracked link may have thousands. */
const textMax = 240;

export function shortened(text: string): string {
  return text.length > textMax ? `${text.slice(0, textMax)}…` : text;
}

/** Names and values, one beside the other. */
export function facts(pairs: readonly (readonly [name: string, value: Cell])[]): Html {
  return html`<dl class="facts">
    ${pairs.map(
      ([name, value]) =>
        html`<div>
          <dt>${name}</dt>
          <dd>${textOf(value)}</dd>
        </div>`,
    )}
  </dl>`;
}
