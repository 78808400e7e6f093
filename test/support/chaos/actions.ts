import { setTimeout as sleep } from 'node:timers/promises';
import { addNews } from './chaos-world.ts';
import type { ChaosStage } from './chaos-stage.ts';
import { drawFaults } from './faults.ts';
import { expectOldEventsLoaded } from './proof.ts';

type Action = (stage: ChaosStage) => Promise<void> | void;

/** What goes wrong, and how many times in each deck. Pieces of time are drawn: they differ from seed to seed. */
const deck: Readonly<Record<string, { readonly times: number; readonly act: Action }>> = {
  'process killed': { times: 5, act: ({ crew }) => crew.any()?.signal('SIGKILL') },
  'process suspended': { times: 3, act: suspend },
  'process told to stop': { times: 1, act: ({ crew }) => crew.any()?.signal('SIGTERM') },
  'Postgres restarted': { times: 1, act: restartPostgres },
  'connections cut': { times: 2, act: cutConnections },
  'gate closed': { times: 2, act: closeGate },
  'faults drawn': { times: 4, act: ({ simulator, random }) => simulator.setFaults(drawFaults(random)) },
  news: { times: 5, act: ({ world, random }) => addNews(world, random, Math.floor(random() * 1e9)) },
};

/** After these shares of the first deck the backfill begins, and a person is forgotten. */
const backfillAfter = 0.25;
const forgetAfter = 0.6;

/** Of the deck after the months were dropped, in a short test. */
const cardsAtLast = 8;

export interface Actions {
  play(forMs: number): Promise<void>;
  counts(): Readonly<Record<string, number>>;
}

/**
 * Plays the deck card by card, in an order that is drawn, and forgets a person on the way; then a month is dropped, and one
 * more deck is played.
 */
export function createActions(stage: ChaosStage): Actions {
  const counts: Record<string, number> = {};
  const count = (name: string): void => {
    counts[name] = (counts[name] ?? 0) + 1;
  };
  const playDeck = async (
    onCard: (share: number) => Promise<void> | void,
    cardsMax?: number,
  ): Promise<void> => {
    const cards = shuffle(
      Object.entries(deck).flatMap(([name, { times, act }]) =>
        Array.from({ length: times }, () => ({ name, act })),
      ),
      stage.random,
    );
    for (const [at, { name, act }] of cards.slice(0, cardsMax).entries()) {
      await onCard(at / cards.length);
      await letSomethingHappen(stage);
      await act(stage);
      count(name);
    }
  };
  return {
    counts: () => counts,
    play: async (forMs) => {
      const endMs = Date.now() + forMs;
      do {
        await playDeck(async (share) => {
          if (share >= backfillAfter) stage.crew.startBackfill();
          if (share < forgetAfter || stage.state.forgotten !== undefined) return;
          await forgetPerson(stage);
          count('person forgotten');
        });
      } while (Date.now() < endMs - forMs / 4);
      await dropMonths(stage);
      count('months dropped');
      do await playDeck(() => undefined, forMs === 0 ? cardsAtLast : undefined);
      while (Date.now() < endMs);
    },
  };
}

/** Somebody who got mails of several jobs, whose events may be on their way at this moment. */
async function forgetPerson({ crew, state, world, random }: ChaosStage): Promise<void> {
  const keys = [...world.events('open')].flatMap(({ subscriberKey }) => subscriberKey ?? []);
  state.forgotten = keys[Math.floor(random() * keys.length)];
  await crew.forget(state.forgotten ?? '');
}

/** What is loaded of the old months is counted in the rollups; from here on every process drops them. */
async function dropMonths({ crew, state, simulator, pool, world }: ChaosStage): Promise<void> {
  simulator.setFaults([]);
  await crew.backfillEnded();
  await expectOldEventsLoaded(pool, world, state.forgotten);
  state.isRetentionOn = true;
  for (const actor of crew.services()) actor.running()?.signal('SIGTERM');
}

/** Some requests, or, where nothing can be requested, some time. */
async function letSomethingHappen({ simulator, random }: ChaosStage): Promise<void> {
  const requests = simulator.requests.length + 2 + Math.floor(random() * 30);
  const rounds = 10 + Math.floor(random() * 20);
  for (let round = 0; round < rounds && simulator.requests.length < requests; round += 1) await sleep(50);
}

async function suspend({ crew, random }: ChaosStage): Promise<void> {
  const process = crew.any();
  process?.signal('SIGSTOP');
  await sleep(200 + random() * 2500);
  process?.signal('SIGCONT');
}

async function restartPostgres({ server, random }: ChaosStage): Promise<void> {
  await server.stopImmediately();
  await sleep(random() * 1500);
  await server.start();
}

async function cutConnections({ pool, random }: ChaosStage): Promise<void> {
  const share = random();
  await pool.query(
    `select pg_terminate_backend(pid) from pg_stat_activity
     where application_name like 'sfmc-tracking%' and random() < $1`,
    [share],
  );
}

async function closeGate({ simulator, random }: ChaosStage): Promise<void> {
  simulator.setSystemStatus(random() < 0.5 ? 'InMaintenance' : 'UnplannedOutage');
  await sleep(300 + random() * 2000);
  simulator.setSystemStatus('OK');
}

function shuffle<Item>(items: readonly Item[], random: () => number): Item[] {
  return items
    .map((item) => ({ item, at: random() }))
    .sort((one, other) => one.at - other.at)
    .map(({ item }) => item);
}
