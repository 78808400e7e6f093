import { spawnSync } from 'node:child_process';
import { figureOf } from './measure.ts';
import { runProduct } from './support/product.ts';
import { type Bench, ratioRow } from './support/report.ts';

/** How long an operator waits for `status` on a database that is up, beside the start of Node itself. */
export const status: Bench = {
  name: 'status',
  needsPostgres: true,
  async run({ isFull, rounds: given, server }) {
    const rounds = given ?? (isFull ? 15 : 5);
    const database = await server.createDatabase();
    const environment = { DATABASE_URL: database.url };
    const ratios: number[] = [];
    const seconds: number[] = [];
    for (let round = 0; round <= rounds; round += 1) {
      const startedAtMs = performance.now();
      spawnSync(process.execPath, ['-e', '0']);
      const bare = (performance.now() - startedAtMs) / 1000;
      const run = await runProduct(['status'], { environment });
      if (round === 0) continue;
      seconds.push(run.seconds);
      ratios.push(run.seconds / bare);
    }
    await database.drop();
    return [
      ratioRow('status, against node -e 0', figureOf(ratios), { most: 12, aim: 6 }),
      { label: 'status', unit: 's', ...figureOf(seconds) },
    ];
  },
};
