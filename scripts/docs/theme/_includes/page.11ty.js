import { parentOf, relativeUrl } from '../../pages.js';

/** The frame of every page: navigation, search, the document, and the headings on it. */
export function render({ document, sections, pages }) {
  const to = (url) => relativeUrl(document.url, url);
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${document.title === 'sfmc-tracking' ? 'sfmc-tracking' : `${escape(document.title)} · sfmc-tracking`}</title>
<link rel="stylesheet" href="${to('assets/site.css')}">
<link rel="icon" href="data:,">
<script defer src="${to('assets/site.js')}" data-base="${to('index.html').replace(/index\.html$/u, '')}"></script>
</head>
<body>
<a class="skip" href="#content">To the text</a>
<header>
<a class="name" href="${to('index.html')}">sfmc-tracking</a>
<div class="search" role="search">
<input type="search" id="search" placeholder="Search" aria-label="Search the documents" autocomplete="off">
<div id="results" hidden></div>
</div>
</header>
<div class="columns">
<nav aria-label="Pages"><details id="pages"><summary>Pages</summary>${navigation({ document, sections, pages, to })}</details></nav>
<main id="content">
${document.html}
</main>
${contents(document)}
</div>
</body>
</html>
`;
}

function navigation({ document, sections, pages, to }) {
  const here = [document, parentOf(document, pages)];
  const item = (page) => {
    const mark =
      page.file === document.file
        ? ' aria-current="page"'
        : here.some((one) => one?.file === page.file)
          ? ' class="here"'
          : '';
    const title = page.file === 'README.md' ? 'Overview' : page.title;
    return `<li><a href="${to(page.url)}"${mark}>${escape(title)}</a></li>`;
  };
  return sections
    .map(({ section, pages: listed }) => `<h2>${section}</h2><ul>${listed.map(item).join('')}</ul>`)
    .join('');
}

/** The second-level headings, where there are several. */
function contents({ html }) {
  const headings = [...html.matchAll(/<h2 id="([^"]*)">(.*?)<\/h2>/gsu)];
  if (headings.length < 3) return '';
  const items = headings.map(
    ([, id, text]) => `<li><a href="#${id}">${text.replaceAll(/<\/?a[^>]*>/gu, '')}</a></li>`,
  );
  return `<aside aria-label="On this page"><h2>On this page</h2><ul>${items.join('')}</ul></aside>`;
}

function escape(text) {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
}
