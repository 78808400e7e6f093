import { humanInstant } from '../../format.ts';
import { type Html, html } from './html.ts';

export interface Page {
  readonly title: string;
  /** When what it shows was read. */
  readonly readAt: Date;
  readonly body: Html;
}

/** A whole document: complete without JavaScript, and renewed by it where it is there. */
export function renderPage({ title, readAt, body }: Page): string {
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <title>${title}</title>
        <link rel="icon" href="data:," />
        <link rel="stylesheet" href="/page.css" />
        <script src="/page.js" type="module"></script>
      </head>
      <body>
        <a class="skip" href="#main">Skip to content</a>
        <header class="top">
          <a class="name" href="/">sfmc-tracking</a>
          <p class="read" id="read" data-part>as of ${instant(readAt, 'second')} UTC</p>
          <p class="live" id="live" role="status"></p>
        </header>
        <main id="main">${body}</main>
        <footer>
          <p>
            This page only reads. Times are UTC where nothing else is said. The same data:
            <a href="/api/status">JSON</a>, <a href="/metrics">metrics</a>.
          </p>
        </footer>
      </body>
    </html> `.markup;
}

/** An instant in UTC; the script shows the reader's own time beside it. */
export function instant(at: Date | string | null, precision: 'minute' | 'second' = 'minute'): Html {
  if (at === null) return html`<span class="none">–</span>`;
  return html`<time datetime="${new Date(at).toISOString()}">${humanInstant(at, precision)}</time>`;
}

/** A part of the page that is renewed where it changes. */
export function section(id: string, title: string, body: Html, sources: readonly string[] = []): Html {
  return html`<section id="${id}" data-part aria-labelledby="${id}-title">
    <h2 id="${id}-title">${title}</h2>
    ${body}${sourcesLine(sources)}
  </section>`;
}

/** Where the same numbers come from outside of the page. */
function sourcesLine(sources: readonly string[]): Html | undefined {
  if (sources.length === 0) return undefined;
  return html`<p class="source">The same: ${sources.map((source) => html`<code>${source}</code> `)}</p>`;
}
