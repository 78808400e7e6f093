import { copyFileSync, cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import Eleventy from '@11ty/eleventy';
import { createMarkdown } from './markdown.js';
import { readPages, readSections, root } from './pages.js';
import { searchSections } from './search-sections.js';
import { sourcePages } from './sources.js';

const theme = path.join(import.meta.dirname, 'theme');

/** Builds the site of the documents: plain files, which a browser opens from the disk without a server or a network. */
export async function buildSite(output) {
  const pages = readPages();
  const sections = readSections(pages);
  const markdown = createMarkdown();
  const linked = new Set();
  const rendered = pages.map((page) => ({ ...page, html: markdown.render(page.text, { page, linked }) }));
  const all = [...rendered, ...sourcePages(linked)];

  rmSync(output, { recursive: true, force: true });
  // Eleventy takes paths relative to the working directory only.
  const from = (folder) => path.relative(process.cwd(), folder);
  const eleventy = new Eleventy(from(theme), from(output), {
    quietMode: true,
    configPath: '',
    config(config) {
      config.setTemplateFormats(['11ty.js']);
      config.setUseGitIgnore(false);
      for (const [at, page] of all.entries()) {
        config.addTemplate(`page-${at}.11ty.js`, () => page.html, {
          ...{ layout: 'page.11ty.js', permalink: page.url, document: page, sections, pages },
        });
      }
    },
  });
  await eleventy.write();
  copyAssets(output);
  for (const image of [...linked].filter((file) => /\.(?:svg|png)$/u.test(file)))
    cpSync(path.join(root, image), path.join(output, image));
  const found = rendered.flatMap((page) => searchSections(page, page.html));
  writeFileSync(
    path.join(output, 'assets', 'search-sections.js'),
    `searchSections(${JSON.stringify(found)});\n`,
  );
  return { pages: all.length };
}

function copyAssets(output) {
  const assets = path.join(output, 'assets');
  mkdirSync(assets, { recursive: true });
  const styles = [path.join(root, 'src/operations/http/page/base.css'), path.join(theme, 'site.css')];
  writeFileSync(path.join(assets, 'site.css'), styles.map((file) => readFileSync(file, 'utf8')).join(''));
  copyFileSync(path.join(theme, 'site.js'), path.join(assets, 'site.js'));
  // The classic script: a browser loads no module from the disk.
  const minisearch = fileURLToPath(new URL('../umd/index.js', import.meta.resolve('minisearch')));
  copyFileSync(minisearch, path.join(assets, 'minisearch.js'));
  cpSync(path.join(root, 'docs', 'images'), path.join(output, 'docs', 'images'), { recursive: true });
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const output = path.resolve(process.argv[2] ?? path.join(root, 'site'));
  const { pages } = await buildSite(output);
  console.log(`${pages} pages: ${pathToFileURL(path.join(output, 'index.html')).href}`);
}
