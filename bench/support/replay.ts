import { spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { endingWithUs } from './children.ts';
import { cpuSecondsOf } from '../cpu/cpu-seconds.ts';

export interface ReplayedSource {
  readonly url: string;
  /** Since its start; not a number where it cannot be read. */
  cpuSeconds(): number;
  stop(): Promise<void>;
}

/** Starts the replay server in a process of its own; settles when all its pages are rendered. */
export async function startReplay(options: {
  readonly type: 'open' | 'click';
  readonly pages: number;
  readonly batches: number;
  readonly latencyMs?: number;
}): Promise<ReplayedSource> {
  const { type, pages, batches, latencyMs = 0 } = options;
  const file = path.join(import.meta.dirname, 'replay-server.ts');
  const args = [file, type, pages, batches, latencyMs].map(String);
  const child = endingWithUs(spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] }));
  for await (const url of createInterface({ input: child.stdout })) {
    return {
      url,
      cpuSeconds: () => cpuSecondsOf(child.pid),
      stop: async () => {
        child.kill('SIGTERM');
        await once(child, 'exit');
      },
    };
  }
  throw new Error('the replay server ended before it served');
}
