import { readdirSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { codeBlock } from './markdown.js';
import { pageUrl, root } from './pages.js';

/** A page for each file or folder of the repository that a document links, so that the site needs nothing else. */
export function sourcePages(linked) {
  return [...linked]
    .filter((file) => !/\.(?:md|svg|png)$/u.test(file))
    .toSorted()
    .map((file) => ({ file, title: file, url: pageUrl(file), html: `<h1>${file}</h1>\n${bodyOf(file)}` }));
}

function bodyOf(file) {
  const full = path.join(root, file);
  if (!statSync(full).isDirectory())
    return codeBlock(readFileSync(full, 'utf8'), path.extname(file).slice(1));
  const names = readdirSync(full, { withFileTypes: true }).map(
    (entry) => `${entry.name}${entry.isDirectory() ? '/' : ''}`,
  );
  return `<ul>${names
    .toSorted()
    .map((name) => `<li><code>${name}</code></li>`)
    .join('')}</ul>`;
}
