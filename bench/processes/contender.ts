import { once } from 'node:events';
import path from 'node:path';
import { z } from 'zod';
import type { ContenderName } from './contender-list.ts';
import type { OthersCpu } from '../cpu/others.ts';
import type { ContenderOptions } from './work.ts';
import { startNode } from './children.ts';

const outcomeShape = z.object({
  units: z.number(),
  seconds: z.number(),
  cpuSeconds: z.number(),
  /** Resident when the turn was over. */
  rssMb: z.number().optional(),
  details: z.record(z.string(), z.number()).optional(),
});

/** What one turn brought: units of work done, the time they took, the contender's own CPU. */
export interface Outcome extends z.infer<typeof outcomeShape> {
  /** CPU of Postgres and of the source in this turn. */
  readonly others?: OthersCpu;
}

/** One way to do the work, in a process of its own so that no other's heap or compiled code weighs on it. */
export interface Contender {
  readonly name: string;
  /** One turn; `onPrepared` is called when only the work itself is left. */
  run(round: number, onPrepared?: () => void): Promise<Outcome>;
  stop(): Promise<void>;
}

export async function startContender(
  name: ContenderName,
  options: ContenderOptions,
  nodeArguments: readonly string[] = [],
): Promise<Contender> {
  const file = path.join(import.meta.dirname, 'contender-process.ts');
  const child = startNode(
    [...nodeArguments, '--disable-warning=ExperimentalWarning', file, name, JSON.stringify(options)],
    { stdout: 'inherit', hasChannel: true, profile: name },
  );
  const ended = once(child, 'exit').then(([code]: unknown[]): never => {
    throw new Error(`${name} ended with ${String(code)}`);
  });
  ended.catch(() => undefined);
  const nextMessage = async (): Promise<unknown> => {
    const messages: readonly unknown[] = await Promise.race([once(child, 'message'), ended]);
    return messages[0];
  };
  await nextMessage();
  return {
    name,
    async run(round, onPrepared) {
      child.send(round);
      await nextMessage();
      onPrepared?.();
      child.send('begin');
      return outcomeShape.parse(await nextMessage());
    },
    async stop() {
      if (child.connected) child.send('stop');
      await ended.catch(() => undefined);
    },
  };
}
