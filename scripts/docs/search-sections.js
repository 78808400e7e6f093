/** What the search of the site looks through: each part of a page under its heading, without tags. */
export function searchSections({ title, url }, html) {
  return html.split(/(?=<h[1-4] id=)/u).flatMap((part) => {
    const [, anchor = '', heading = ''] = /^<h[1-4] id="([^"]*)">(.*?)<\/h/su.exec(part) ?? [];
    const text = textOf(part.replace(/^<h[1-4] id=.*?<\/h\d>/su, ''));
    return text === '' && heading === ''
      ? []
      : [{ title, heading: textOf(heading), url: `${url}#${anchor}`, text }];
  });
}

const entities = { '&lt;': '<', '&gt;': '>', '&quot;': '"', '&amp;': '&' };

function textOf(html) {
  return html
    .replaceAll(/<[^>]*>/gu, ' ')
    .replaceAll(/&(?:lt|gt|quot|amp);/gu, (entity) => entities[entity])
    .replaceAll(/\s+/gu, ' ')
    .trim();
}
