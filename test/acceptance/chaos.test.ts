import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { runCli } from '../support/cli.ts';
import { openChaos, type Chaos } from '../support/chaos/chaos.ts';
import { expectExactAfterChaos } from '../support/chaos/proof.ts';

const minutes = Number(process.env['CHAOS_MINUTES'] ?? 0);
const seed = Number(process.env['CHAOS_SEED'] ?? Math.floor(Math.random() * 1_000_000));
const cacheDir = mkdtempSync(path.join(tmpdir(), 'sfmc-tracking-chaos-'));
// A safety net: a busy machine takes ten times as long as a quiet one.
const timeoutMs = 600_000 + minutes * 120_000;
let chaos: Chaos | undefined;

afterAll(async () => {
  await chaos?.close();
  rmSync(cacheDir, { recursive: true, force: true });
});

describe('everything at once', () => {
  it(
    'ends exact: tables, rollups and completeness equal what really happened',
    async () => {
      process.stderr.write(`chaos test: CHAOS_MINUTES=${minutes} CHAOS_SEED=${seed}\n`);
      chaos = await openChaos({ seed, cacheDir });
      await chaos.act(minutes * 60_000);
      await chaos.calmDown();
      process.stderr.write(`chaos test: ${JSON.stringify(chaos.counts())}\n`);
      expect(chaos.bugs()).toEqual([]);
      await expectExactAfterChaos(chaos.pool, chaos.world);
      expect(await runCli(['rollups', 'check'], chaos.env())).toMatchObject({ code: 0 });
      expect(await runCli(['reconcile', '--json'], chaos.env())).toMatchObject({ code: 0 });
    },
    timeoutMs,
  );
});
