import pg from 'pg';
import type { ContenderOptions, Work } from '../processes/work.ts';
import { recordsPerPage } from '../support/events.ts';
import { copyIn } from '../support/copy-in.ts';
import { copyRows, copyStatement } from '../support/tables.ts';

/** The limit: rows that are encoded already go by COPY into the twin, one transaction per page. */
export async function loadByCopy(options: ContenderOptions): Promise<Work> {
  const { type, pages, databaseUrl, firstBatch = 0, isTriggered, order } = options;
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  let pieces: Buffer[] = [];
  return {
    prepare(round) {
      const batch = { type, pages, number: firstBatch + round, isTriggered, order };
      pieces = Array.from({ length: pages }, (_, page) => copyRows(batch, page));
      return Promise.resolve();
    },
    async run() {
      for (const rows of pieces) await copyIn(client, copyStatement(type, 'twin'), rows);
      return pages * recordsPerPage;
    },
    stop: () => client.end(),
  };
}
