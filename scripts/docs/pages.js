import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

/** The repository, whose documents the site shows. */
export const root = path.join(import.meta.dirname, '..', '..');

/** Documents outside `docs/` that belong to the site. */
const outside = ['README.md', 'CONTRIBUTING.md', 'CHANGELOG.md', 'bench/README.md', 'bench/RESULTS.md'];

/** Every document of the site: its file, its title, its text and where it stands. */
export function readPages() {
  const inside = readdirSync(path.join(root, 'docs'), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.md'))
    .map((file) => `docs/${file}`)
    .toSorted();
  return [...outside, ...inside].map((file) => {
    const text = readFileSync(path.join(root, file), 'utf8');
    return { file, text, title: titleOf(text, file), url: pageUrl(file) };
  });
}

function titleOf(text, file) {
  return (/^# (.+)$/mu.exec(text)?.[1] ?? file).replaceAll('`', '');
}

/**
 * Sections of the navigation, by `docs/pages.json`. A page that it names and that does not exist is left out; one that
 * it does not name stands under the README of its folder, or under "More".
 */
export function readSections(pages) {
  const listed = JSON.parse(readFileSync(path.join(root, 'docs', 'pages.json'), 'utf8'));
  const sections = listed.map(({ section, pages: files }) => ({
    section,
    pages: files.flatMap((file) => pages.filter((page) => page.file === file)),
  }));
  const named = new Set(sections.flatMap((one) => one.pages));
  const rest = pages.filter((page) => !named.has(page) && !named.has(parentOf(page, pages)));
  return rest.length === 0 ? sections : [...sections, { section: 'More', pages: rest }];
}

/** The page that lists this one: the README of its folder. */
export function parentOf({ file }, pages) {
  return pages.find((page) => page.file === path.posix.join(path.posix.dirname(file), 'README.md'));
}

/** Where the site has a file of the repository; documents, folders and images keep their places. */
export function pageUrl(file) {
  if (path.posix.basename(file) === 'README.md')
    return path.posix.join(path.posix.dirname(file), 'index.html');
  if (file.endsWith('.md')) return file.replace(/\.md$/u, '.html');
  if (/\.(?:svg|png)$/u.test(file)) return file;
  return `source/${file}.html`;
}

/** A file or folder of the repository; undefined where there is none. */
export function existing(file) {
  return existsSync(path.join(root, file)) ? file : undefined;
}

/** How a page of the site links another. */
export function relativeUrl(fromUrl, toUrl) {
  const relative = path.posix.relative(path.posix.dirname(fromUrl), toUrl);
  return relative === '' ? path.posix.basename(toUrl) : relative;
}
