import { z } from 'zod';
import { contenders, isContenderName } from './contender-list.ts';

const optionsShape = z.object({
  type: z.enum(['open', 'click']),
  pages: z.number(),
  databaseUrl: z.string().optional(),
  sourceUrl: z.string().optional(),
  firstBatch: z.number().optional(),
  order: z.enum(['random', 'date']).optional(),
  isTriggered: z.boolean().optional(),
  workers: z.number().optional(),
});

const [, , name = '', json = ''] = process.argv;
if (!isContenderName(name)) throw new Error(`There is no contender ${name}`);
const work = await contenders[name](optionsShape.parse(JSON.parse(json)));

process.on('message', (message) => {
  void (typeof message === 'number' ? turn(message) : stop());
});
process.on('disconnect', () => process.exit(1));
process.send?.('ready');

async function turn(round: number): Promise<void> {
  await work.prepare?.(round);
  globalThis.gc?.();
  const cpuBefore = process.cpuUsage();
  const startedAtMs = performance.now();
  const units = await work.run(round);
  const seconds = (performance.now() - startedAtMs) / 1000;
  const { user, system } = process.cpuUsage(cpuBefore);
  const details = await work.details?.();
  process.send?.({
    units,
    seconds,
    cpuSeconds: (user + system) / 1e6,
    rssMb: process.memoryUsage.rss() / 2 ** 20,
    ...(details === undefined ? {} : { details }),
  });
}

async function stop(): Promise<void> {
  await work.stop?.();
  process.exit(0);
}
