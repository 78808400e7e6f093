import { measureNight } from './idle-sync.bench.ts';
import { type Figure, figureOf, rateOf } from './measure.ts';
import { mailsPerTask, smallTasks } from './queue.bench.ts';
import type { BenchServer } from './support/postgres.ts';
import { type Bench, ratioRow, type Row } from './support/report.ts';
import { startSendSource } from './support/send-source.ts';

const eventTypes = 3;

/** What a sync costs as jobs become many: tasks a second, and a checkpoint's CPU in a night without news. */
export const growthJobs: Bench = {
  name: 'growth-jobs',
  needsPostgres: true,
  isFullOnly: true,
  async run({ isFull, rounds: given, server, draw }) {
    const marks = isFull ? [100, 1000, 3000, 10_000] : [100, 300];
    const tasks: { mark: number; rate: Figure }[] = [];
    const nights: Awaited<ReturnType<typeof measureNight>>[] = [];
    for (const mark of marks) {
      // Ten thousand take a minute.
      const rounds = given ?? (mark > 3000 ? 2 : 3);
      tasks.push({ mark, rate: await tasksPerSecond(mark, rounds, server) });
      nights.push(await measureNight(Math.ceil(mark / eventTypes), rounds, server));
    }
    draw({
      name: 'growth-tasks',
      title: 'Small tasks a second over the tasks of a sync',
      ...{ x: 'tasks of the sync', y: 'tasks/s', isXLogarithmic: true },
      lines: [
        {
          name: `one page of ${mailsPerTask} events each`,
          points: tasks.map(({ mark, rate }) => [mark, rate.median]),
        },
      ],
    });
    draw({
      name: 'growth-night',
      title: 'CPU for each checkpoint in a night without news',
      ...{ x: 'checkpoints', y: 'ms of CPU per checkpoint', isXLogarithmic: true },
      lines: [
        {
          name: 'start and discovery subtracted',
          points: nights.map(({ checkpoints, milliseconds }) => [checkpoints, milliseconds.median]),
        },
        {
          name: 'start and discovery included',
          points: nights.map(({ checkpoints, wholeMilliseconds }) => [checkpoints, wholeMilliseconds.median]),
        },
      ],
    });
    return [
      ...tasks.map(({ mark, rate }): Row => ({
        label: `sync of ${mark} small tasks`,
        unit: 'tasks/s',
        ...rate,
      })),
      ...nights.map(({ checkpoints, milliseconds }): Row => ({
        label: `CPU per checkpoint of ${checkpoints}`,
        unit: 'ms',
        ...milliseconds,
      })),
      ...nights.map(({ checkpoints, ratio }) =>
        ratioRow(`CPU per checkpoint of ${checkpoints}, against one bare undici request`, ratio, {}),
      ),
    ];
  },
};

async function tasksPerSecond(tasks: number, rounds: number, server: BenchServer): Promise<Figure> {
  const source = await startSendSource({ jobs: tasks, mails: mailsPerTask });
  try {
    const contender = smallTasks(tasks, source, server);
    const rates: number[] = [];
    for (let round = 0; round < rounds; round += 1) rates.push(rateOf(await contender.run(round)));
    return figureOf(rates);
  } finally {
    await source.stop();
  }
}
