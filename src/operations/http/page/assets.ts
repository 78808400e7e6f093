import fs from 'node:fs';
import path from 'node:path';
import { home } from '../../../places.ts';

export interface Asset {
  readonly type: string;
  readonly body: string;
}

/** The style sheet and the script of the page, by path. The page is complete without the script. */
export const assets: ReadonlyMap<string, Asset> = new Map([
  ['/page.css', { type: 'text/css; charset=utf-8', body: read('base.css') + read('page.css') }],
  ['/page.js', { type: 'text/javascript; charset=utf-8', body: read('page.js') }],
]);

function read(name: string): string {
  return fs.readFileSync(path.join(home, 'src', 'operations', 'http', 'page', name), 'utf8');
}
