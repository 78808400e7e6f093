import { execFileSync } from 'node:child_process';
import { globSync, mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';

it('the build takes every file of src along that is not TypeScript', () => {
  const target = mkdtempSync(path.join(os.tmpdir(), 'sfmc-tracking-assets-'));
  try {
    execFileSync(process.execPath, ['scripts/copy-assets.js', target]);
    const assets = globSync('src/**/*.*').filter((file) => !file.endsWith('.ts'));
    expect(assets).toContain(path.join('src', 'bi', 'views', 'data-views', '_job.sql'));
    expect(globSync('src/**/*.*', { cwd: target }).sort()).toEqual(assets.sort());
  } finally {
    rmSync(target, { recursive: true });
  }
});
