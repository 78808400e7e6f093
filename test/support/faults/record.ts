import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { z } from 'zod';

const syncEndShape = z.object({
  exitCode: z.number(),
  /** The line an operator would look at first: what was parked, what failed, or the reason of the end. */
  reads: z.string(),
  loaded: z.number(),
  parked: z.number(),
  rejected: z.number(),
  requests: z.object({ retrieve: z.number(), status: z.number(), token: z.number() }),
  /** Events that happened before the watermark and are in no table: must be none. */
  lostBehindWatermark: z.number(),
});
const resultShape = z.object({
  fate: z.string(),
  end: syncEndShape,
  /** The next sync, without the fault; absent where nothing was left to do. */
  after: syncEndShape.optional(),
});
const resultsShape = z.record(z.string(), resultShape);

/** What one sync did, as a person and a program see it. */
export type SyncEnd = z.infer<typeof syncEndShape>;
export type FaultResult = z.infer<typeof resultShape>;

/** The results of the cases by section and name, `token/HTTP 401`. */
export class FaultRecord {
  readonly #results = new Map<string, FaultResult>();

  add(row: string, result: FaultResult): void {
    this.#results.set(row, result);
  }

  find(row: string): FaultResult {
    const found = this.#results.get(row);
    if (found === undefined) throw new Error(`${row} was not run: the page needs every case`);
    return found;
  }

  /** Writes the results of one test file beside those of the others. */
  save(dir: string, section: string): void {
    mkdirSync(dir, { recursive: true });
    writeFileSync(path.join(dir, `${section}.json`), JSON.stringify(Object.fromEntries(this.#results)));
  }

  static load(dir: string): FaultRecord {
    const record = new FaultRecord();
    for (const file of readdirSync(dir)) {
      const results = resultsShape.parse(JSON.parse(readFileSync(path.join(dir, file), 'utf8')));
      for (const [row, result] of Object.entries(results)) record.add(row, result);
    }
    return record;
  }
}
