import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Browser } from 'playwright-core';
import { openBrowser, openPage, seriousFindings, sidewaysPixels } from '../../support/outside/browser.ts';
import { findSystemProgram } from '../../support/outside/system-program.ts';

const root = path.join(import.meta.dirname, '..', '..', '..');
const program = findSystemProgram('chromium');
const inBrowser = program === undefined ? describe.skip : describe;

let site: string;
beforeAll(() => {
  site = fs.mkdtempSync(path.join(tmpdir(), 'sfmc-tracking-site-'));
  execFileSync(process.execPath, ['scripts/docs/build.js', site], { cwd: root });
});
afterAll(() => fs.rmSync(site, { recursive: true, force: true }));

const urlOf = (page: string) => pathToFileURL(path.join(site, page)).href;

describe('the site of the documents', () => {
  it('links pages, headings and files that it has', () => {
    const pages = fs
      .readdirSync(site, { recursive: true, encoding: 'utf8' })
      .filter((file) => file.endsWith('.html'));
    const texts = new Map(pages.map((page) => [page, fs.readFileSync(path.join(site, page), 'utf8')]));
    const dead = [...texts].flatMap(([page, text]) =>
      [...text.matchAll(/(?:href|src|srcset)="(?![a-z]+:)([^"]*)"/gu)]
        .map(([, link]) => link ?? '')
        .filter((link) => !isAlive(page, link))
        .map((link) => `${page}: ${link}`),
    );
    expect(pages.length).toBeGreaterThan(100);
    expect(dead).toEqual([]);

    function isAlive(page: string, link: string): boolean {
      const [file = '', anchor] = link.split('#');
      const target = file === '' ? page : path.join(path.dirname(page), file);
      if (anchor === undefined) return fs.existsSync(path.join(site, target));
      return texts.get(target)?.includes(`id="${anchor}"`) === true;
    }
  });
});

inBrowser('the site, opened from the disk', () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await openBrowser(program ?? '');
  });
  afterAll(() => browser.close());

  it.each([
    { page: 'index.html', width: 1280, theme: 'light' as const },
    { page: 'index.html', width: 390, theme: 'dark' as const },
    { page: 'docs/runbook.html', width: 390, theme: 'light' as const },
    { page: 'docs/data-dictionary.html', width: 1280, theme: 'dark' as const },
    { page: 'docs/queries/index.html', width: 390, theme: 'dark' as const },
  ])(
    'fits $width pixels in $theme colors, is accessible, and asks nobody else: $page',
    async ({ page: name, width, theme }) => {
      const { page, faults } = await openPage(browser, urlOf(name), { width, theme });
      // Before axe, which looks for style sheets by itself.
      expect(faults.filter((fault) => !fault.startsWith('request: file:'))).toEqual([]);
      expect(await sidewaysPixels(page)).toBe(0);
      expect(await seriousFindings(page)).toEqual([]);
      const ground = await page.evaluate('getComputedStyle(document.body).backgroundColor');
      expect(ground).toBe(theme === 'dark' ? 'rgb(18, 22, 27)' : 'rgb(250, 249, 246)');
    },
  );

  it('finds a page by a word in it, and leads there by keyboard', async () => {
    const { page } = await openPage(browser, urlOf('docs/queries/index.html'));
    await page.keyboard.press('/');
    await page.keyboard.type('RETRIEVE_TIMED_OUT');
    await page.getByRole('link', { name: /^Runbook › RETRIEVE_TIMED_OUT/u }).press('Enter');
    await page.getByRole('heading', { name: 'RETRIEVE_TIMED_OUT' }).waitFor();
    expect(page.url()).toBe(`${urlOf('docs/runbook.html')}#retrieve_timed_out`);
  });
});
