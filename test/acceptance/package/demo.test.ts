import fs from 'node:fs';
import { makeClusterFolder } from '../../support/postgres/cluster-folder.ts';
import { checkoutCliPath, runCli } from '../../support/program/cli.ts';
import { compileCache } from '../../support/program/compile-cache.ts';

it('the demo runs from a checkout to its end, and finds all that the simulator has', async () => {
  const folder = makeClusterFolder();
  try {
    const end = await runCli(
      ['demo'],
      { TMPDIR: folder, ...compileCache },
      { isOwnProcess: true, program: checkoutCliPath },
    );
    expect(end.code).toBe(0);
    expect(end.stdout).toContain('sync 1 completed');
    expect(end.stdout).toMatch(/^Yes: [\d,]+ events in the tables, equal to what the simulator holds$/mu);
  } finally {
    fs.rmSync(folder, { recursive: true, force: true });
  }
});
