import fs from 'node:fs';
import path from 'node:path';
import axe from 'axe-core';
import { type Browser, chromium, type Page } from 'playwright-core';

/** A safety net only: no test may depend on how fast the machine is. */
const longWaitMs = 120_000;

/** What a page did that it must not: messages of errors, and requests to anywhere else. */
export interface WatchedPage {
  readonly page: Page;
  readonly faults: string[];
}

interface Tab {
  readonly page: Page;
  faults: string[];
}

const tabs = new WeakMap<Browser, Tab>();

export async function openBrowser(program: string): Promise<Browser> {
  // Tests may run as root, where Chromium has no sandbox.
  return await chromium.launch({ executablePath: program, args: ['--no-sandbox'] });
}

/** Opens a page in the browser's one tab, which knows nothing of the page before. */
export async function openPage(
  browser: Browser,
  url: string,
  options: { readonly width?: number; readonly theme?: 'light' | 'dark' } = {},
): Promise<WatchedPage> {
  const { width = 1280, theme = 'light' } = options;
  const tab = tabs.get(browser) ?? (await openTab(browser));
  const { page } = tab;
  await page.goto('about:blank');
  await page.context().clearCookies();
  tab.faults = [];
  await page.setViewportSize({ width, height: 900 });
  await page.emulateMedia({ colorScheme: theme, reducedMotion: 'reduce' });
  await page.goto(url);
  return { page, faults: tab.faults };
}

/** A tab for each case would be a process each, and compile axe and all of the page anew. */
async function openTab(browser: Browser): Promise<Tab> {
  const page = await browser.newPage();
  page.setDefaultTimeout(longWaitMs);
  const tab: Tab = { page, faults: [] };
  tabs.set(browser, tab);
  page.on('console', (message) => {
    if (['error', 'warning'].includes(message.type())) tab.faults.push(message.text());
  });
  page.on('pageerror', ({ message }) => tab.faults.push(message));
  page.on('request', (request) => {
    if (!/^(?:data:|about:|http:\/\/127\.0\.0\.1:)/u.test(request.url()))
      tab.faults.push(`request: ${request.url()}`);
  });
  return tab;
}

/** What axe finds serious or critical: the rule and the first place. */
export async function seriousFindings(page: Page): Promise<string[]> {
  // Evaluated by the browser itself, since the policy of the page lets no other script in.
  await page.evaluate(axe.source);
  const found: unknown = await page.evaluate(
    `axe.run(document, { resultTypes: ['violations'] }).then(({ violations }) => violations
       .filter(({ impact }) => impact === 'serious' || impact === 'critical')
       .map(({ id, nodes }) => id + ': ' + nodes[0].html + ' ' + nodes[0].failureSummary))`,
  );
  return Array.isArray(found) ? found.map(String) : [String(found)];
}

/** How many pixels a reader would have to scroll sideways. */
export async function sidewaysPixels(page: Page): Promise<unknown> {
  return await page.evaluate('document.documentElement.scrollWidth - document.documentElement.clientWidth');
}

/** Keeps a picture of the page where SCREENSHOTS names a folder. */
export async function keepPicture(page: Page, name: string): Promise<void> {
  const folder = process.env['SCREENSHOTS'];
  if (folder === undefined) return;
  fs.mkdirSync(folder, { recursive: true });
  await page.screenshot({ path: path.join(folder, `${name}.png`), fullPage: true });
}
