import { once } from 'node:events';
import { contenders, isContenderName } from './contender-list.ts';
import { contenderOptionsShape } from './work.ts';

const [, , name = '', json = ''] = process.argv;
if (!isContenderName(name)) throw new Error(`There is no contender ${name}`);
const work = await contenders[name](contenderOptionsShape.parse(JSON.parse(json)));

process.on('message', (message) => {
  if (typeof message === 'number') void turn(message);
  else if (message === 'stop') void stop();
});
process.on('disconnect', () => process.exit(1));
process.send?.('ready');

async function turn(round: number): Promise<void> {
  await work.prepare?.(round);
  globalThis.gc?.();
  const begin = once(process, 'message');
  process.send?.('prepared');
  await begin;
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
