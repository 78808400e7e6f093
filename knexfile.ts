import { knexConfig } from './src/store/schema/migrate.ts';

/** For knex's own command line; `sfmc-tracking migrate` uses the same settings. */
export default knexConfig(process.env['DATABASE_URL'] ?? '');
