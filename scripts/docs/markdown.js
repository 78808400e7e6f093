import path from 'node:path';
import MarkdownIt from 'markdown-it';
import { existing, pageUrl, relativeUrl } from './pages.js';

/** Markdown as GitHub renders it, with links that lead through the site; `env.page` is the page, `env.linked` takes files that it links. */
export function createMarkdown() {
  const markdown = new MarkdownIt({ html: true });
  markdown.core.ruler.push('site', ({ tokens, env }) => {
    const slugs = new Map();
    for (const [at, token] of tokens.entries()) {
      if (token.type === 'heading_open')
        token.attrSet('id', uniqueSlug(slugs, tokens[at + 1]?.content ?? ''));
      for (const child of token.children ?? []) rewrite(child, env);
    }
  });
  const { rules } = markdown.renderer;
  // A wide table or a long line scrolls in a box of its own, which the keyboard reaches.
  const box = '<div class="wide" tabindex="0" role="group" aria-label="';
  rules.table_open = () => `${box}table"><table>`;
  rules.table_close = () => '</table></div>';
  rules.fence = (tokens, at) => codeBlock(tokens[at].content, tokens[at].info);
  return markdown;
}

/** Code in a box that scrolls. */
export function codeBlock(code, language) {
  const text = code.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
  const label = language === '' ? 'example' : language;
  return `<pre tabindex="0" role="group" aria-label="${label}"><code>${text}</code></pre>`;
}

/** Headings as GitHub makes anchors of them. */
function slugOf(heading) {
  return heading
    .replaceAll(/\[([^\]]*)\]\([^)]*\)/gu, '$1')
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}_ -]/gu, '')
    .replaceAll(' ', '-');
}

function uniqueSlug(slugs, heading) {
  const slug = slugOf(heading);
  const count = slugs.get(slug) ?? 0;
  slugs.set(slug, count + 1);
  return count === 0 ? slug : `${slug}-${count}`;
}

function rewrite(token, { page, linked }) {
  // An image keeps its place beside its page.
  const href = token.type === 'link_open' ? token.attrGet('href') : null;
  const image = token.type === 'image' ? token.attrGet('src') : null;
  if (image !== null) linked.add(path.posix.join(path.posix.dirname(page.file), image));
  if (href === null || /^(?:[a-z]+:|#)/u.test(href)) return;
  const [file = '', anchor] = href.split('#');
  const target = path.posix.join(path.posix.dirname(page.file), decodeURI(file)).replace(/\/$/u, '');
  const found = existing(target);
  if (found === undefined) throw new Error(`${page.file} links ${href}, which does not exist`);
  const shown = existing(`${found}/README.md`) ?? found;
  linked.add(shown);
  const url = relativeUrl(page.url, pageUrl(shown));
  token.attrSet('href', anchor === undefined ? url : `${url}#${anchor}`);
}
