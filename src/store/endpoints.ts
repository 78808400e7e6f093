import type { Queryable } from './connection/pool.ts';

/** Remembers which services of Marketing Cloud have ever responded, by their origin; shared by all processes. */
export function createEndpointMemory(database: Queryable) {
  return {
    hasResponded: async (origin: string): Promise<boolean> => {
      const { rowCount } = await database.query('select from pipeline.endpoints where origin = $1', [origin]);
      return rowCount === 1;
    },
    remember: async (origin: string): Promise<void> => {
      await database.query(
        'insert into pipeline.endpoints (origin) values ($1) on conflict (origin) do nothing',
        [origin],
      );
    },
  };
}
