import { existsSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { makeFolder } from '../../src/make-folder.ts';

let root: string;

beforeEach(() => {
  root = mkdtempSync(path.join(tmpdir(), 'sfmc-tracking-folder-'));
});
afterEach(() => rmSync(root, { recursive: true }));

describe('a folder is made', () => {
  it('with those above it, and left as it is where it is there', () => {
    const folder = path.join(root, 'a', 'b', 'c');
    makeFolder(folder, 0o700);
    expect(statSync(folder).mode & 0o777).toBe(0o700);
    writeFileSync(path.join(folder, 'file'), '');
    makeFolder(folder, 0o755);
    expect(statSync(folder).mode & 0o777).toBe(0o700);
    expect(existsSync(path.join(folder, 'file'))).toBe(true);
  });

  it('or refused where a file is in the way', () => {
    writeFileSync(path.join(root, 'file'), '');
    expect(() => makeFolder(path.join(root, 'file'))).toThrow(/EEXIST/u);
    expect(() => makeFolder(path.join(root, 'file', 'below'))).toThrow(/EEXIST|ENOTDIR/u);
  });

  it('or refused below /proc, where Node’s own way never returns', () => {
    expect(() => makeFolder('/proc/sfmc/events')).toThrow(/ENOENT|EACCES|EROFS|EPERM/u);
  });
});
