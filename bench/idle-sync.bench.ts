import { figureOf } from './measure.ts';
import { settings } from './sync.bench.ts';
import { startContender } from './support/contender.ts';
import { withClient } from './support/postgres.ts';
import { runProduct, startSimulatorProcess } from './support/product.ts';
import type { Bench } from './support/report.ts';
import { ratioRow } from './support/report.ts';

/** A night in which nothing happened: what a sync costs for each checkpoint it has to ask about. */
export const idleSync: Bench = {
  name: 'idle-sync',
  needsPostgres: true,
  async run({ isFull, rounds: given, server }) {
    const rounds = given ?? (isFull ? 5 : 2);
    const jobs = isFull ? 1000 : 100;
    const simulator = await startSimulatorProcess([
      '--accounts',
      '7000001',
      '--jobs',
      String(jobs),
      '--events',
      '10',
    ]);
    const database = await server.createDatabase();
    const bare = await startContender('request: bare undici', {
      type: 'open',
      pages: 1,
      sourceUrl: simulator.url,
    });
    const environment = { ...simulator.environment, ...settings, DATABASE_URL: database.url };
    const ratios: number[] = [];
    const milliseconds: number[] = [];
    try {
      await runProduct(['sync', '--json'], { environment });
      const checkpoints = await countCheckpoints(database.url);
      await bare.run(0);
      for (let round = 0; round < rounds; round += 1) {
        const run = await runProduct(['sync', '--json'], { environment });
        const one = await runProduct(['sync', '--json', '--jobs', '1'], { environment });
        const { cpuSeconds, units } = await bare.run(round);
        const perCheckpoint = (run.cpuSeconds - one.cpuSeconds) / checkpoints;
        milliseconds.push(perCheckpoint * 1000);
        ratios.push(perCheckpoint / (cpuSeconds / units));
      }
      const note = `${checkpoints} checkpoints; start and discovery (a sync of no job) subtracted`;
      return [
        ratioRow(
          'CPU per checkpoint, against one bare undici request',
          figureOf(ratios),
          { most: 6, aim: 3 },
          note,
        ),
        { label: 'CPU per checkpoint', unit: 'ms', ...figureOf(milliseconds) },
      ];
    } finally {
      await bare.stop();
      await simulator.stop();
      await database.drop();
    }
  },
};

async function countCheckpoints(url: string): Promise<number> {
  return withClient(url, async (client) => {
    const { rows } = await client.query<{ count: string }>('select count(*) from pipeline.checkpoints');
    return Number(rows[0]?.count);
  });
}
