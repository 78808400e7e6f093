import { runCli } from '../../support/program/cli.ts';
import { openChaos, type Chaos } from '../../support/chaos/chaos.ts';
import { expectExactAfterChaos } from '../../support/chaos/proof.ts';

const minutes = Number(process.env['CHAOS_MINUTES'] ?? 0);
const seed = Number(process.env['CHAOS_SEED'] ?? Math.floor(Math.random() * 1_000_000));
// A safety net: a busy machine takes ten times as long as a quiet one.
const timeoutMs = 600_000 + minutes * 120_000;
let chaos: Chaos | undefined;

afterAll(async () => {
  await chaos?.close();
});

describe('everything at once', () => {
  it(
    'ends exact: tables, rollups and completeness equal what really happened',
    async () => {
      process.stderr.write(`chaos test: CHAOS_MINUTES=${minutes} CHAOS_SEED=${seed}\n`);
      chaos = await openChaos(seed);
      await chaos.act(minutes * 60_000);
      await chaos.calmDown();
      process.stderr.write(`chaos test: ${JSON.stringify(chaos.counts())}\n`);
      expect(chaos.bugs()).toEqual([]);
      await expectExactAfterChaos(chaos.pool, chaos.world, chaos.forgotten());
      expect(await runCli(['rollups', 'check'], chaos.env())).toMatchObject({ code: 0 });
    },
    timeoutMs,
  );
});
