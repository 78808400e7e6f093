import { Solitude } from '../../../../../src/pipeline/extraction/turns/solitude.ts';

const never = new AbortController().signal;

/** Work that ends when the test says so. */
function held(log: string[], name: string) {
  const { promise, resolve } = Promise.withResolvers<undefined>();
  const work = async () => {
    log.push(`${name} began`);
    await promise;
    log.push(`${name} ended`);
  };
  return {
    work,
    end: () => {
      resolve(undefined);
    },
  };
}

async function turns(): Promise<void> {
  for (let turn = 0; turn < 20; turn += 1) await Promise.resolve();
}

it('runs a task alone after those that run beside each other, and the next ones after it', async () => {
  const solitude = new Solitude();
  const log: string[] = [];
  const one = held(log, 'one');
  const two = held(log, 'two');
  const alone = held(log, 'alone');
  const late = held(log, 'late');
  const done = [
    solitude.beside(one.work, never),
    solitude.beside(two.work, never),
    solitude.alone(alone.work, never),
  ];
  await turns();
  expect(log).toEqual(['one began', 'two began']);
  one.end();
  two.end();
  await turns();
  expect(log.slice(2).toSorted()).toEqual(['alone began', 'one ended', 'two ended']);
  done.push(solitude.beside(late.work, never));
  await turns();
  expect(log).not.toContain('late began');
  alone.end();
  late.end();
  await Promise.all(done);
  expect(log.slice(-3)).toEqual(['alone ended', 'late began', 'late ended']);
});

it('lets a task that waits to be alone go on at once when it is to be released', async () => {
  const solitude = new Solitude();
  const log: string[] = [];
  const stop = new AbortController();
  const one = held(log, 'one');
  const done = solitude.beside(one.work, stop.signal);
  const alone = solitude.alone(() => Promise.resolve(void log.push('released')), stop.signal);
  await turns();
  expect(log).toEqual(['one began']);
  stop.abort(new Error('draining'));
  await alone;
  expect(log).toEqual(['one began', 'released']);
  one.end();
  await done;
});
