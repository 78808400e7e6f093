import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { renderFaultPage, renderSdkPage } from '../test/support/faults/page.ts';
import { readWithSdk } from '../test/support/faults/read-with-sdk.ts';
import { FaultRecord } from '../test/support/faults/record.ts';

// `npm run test:acceptance -- test/acceptance/faults` with its results kept, written as docs/faults.md; then the same
// faults with sfmc-sdk as docs/faults-sfmc-sdk.md. Takes some minutes.
const root = path.join(import.meta.dirname, '..');
const results = mkdtempSync(path.join(tmpdir(), 'sfmc-tracking-faults-'));
try {
  const tests = ['run', '--silent', 'test:acceptance', '--', 'test/acceptance/faults'];
  const { status } = spawnSync('npm', tests, {
    cwd: root,
    env: { ...process.env, FAULT_RESULTS_DIR: results },
    stdio: 'inherit',
  });
  if (status !== 0) throw new Error('a case failed: no page was written');
  write('faults.md', renderFaultPage(FaultRecord.load(results)));
  write('faults-sfmc-sdk.md', renderSdkPage(await readWithSdk()));
} finally {
  rmSync(results, { recursive: true });
}

function write(name: string, text: string): void {
  writeFileSync(path.join(root, 'docs', name), text);
}
