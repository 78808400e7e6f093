import { createPool, type Pool } from '../../../src/store/connection/pool.ts';

/** The pool of a test, whose transactions may be idle for as long as it takes until what they hold up is seen to wait. */
export function createTestPool(databaseUrl: string, connectionsMax: number): Pool {
  return createPool({
    ...{ databaseUrl, connectionsMax, applicationName: 'test' },
    settings: 'set idle_in_transaction_session_timeout = 0;',
  });
}
