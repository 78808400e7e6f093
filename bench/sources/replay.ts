import path from 'node:path';
import { startServing } from '../processes/children.ts';

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
  const { line, ...server } = await startServing(file, [type, pages, batches, latencyMs].map(String));
  return { url: line, ...server };
}
