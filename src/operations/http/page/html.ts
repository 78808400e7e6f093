import { escapeHtml } from '../../format.ts';

/** Markup. Only `html` makes it, so text from outside is always escaped. */
export interface Html {
  readonly markup: string;
}

type Part = string | number | Html | undefined | readonly (Html | undefined)[];

/** Markup from a template: texts and numbers in it are escaped, markup stays, undefined is nothing. */
export function html(texts: TemplateStringsArray, ...parts: readonly Part[]): Html {
  return { markup: texts.map((text, at) => text + (at < parts.length ? render(parts[at]) : '')).join('') };
}

function render(part: Part): string {
  if (part === undefined) return '';
  if (typeof part === 'string') return escapeHtml(part);
  if (typeof part === 'number') return String(part);
  return 'markup' in part ? part.markup : part.map(render).join('');
}
