import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { makeAnalystWorld } from '../../support/analysts/analyst-world.ts';
import { openStore, type Store } from '../../support/stored/ledger.ts';
import { findSystemProgram } from '../../support/outside/system-program.ts';

// The driver manager’s own client, with the driver that Excel and others use.
const isql = findSystemProgram('isql');
const describeWithOdbc = isql === undefined ? describe.skip : describe;

const login = `odbc_${randomBytes(6).toString('hex')}`;
let store: Store;

/** Sends lines to the driver manager’s client and returns the rows that it prints, their columns parted by `|`. */
function send(line: string): string[] {
  const { hostname, port, pathname } = new URL(store.url);
  const connection = [
    'DRIVER=PostgreSQL Unicode',
    `SERVER=${hostname}`,
    `PORT=${port || '5432'}`,
    `DATABASE=${pathname.slice(1)}`,
    `UID=${login}`,
    'PWD=x',
    // psqlODBC shows each text as at least this long; names are shorter.
    'MaxVarcharSize=254',
  ].join(';');
  const { status, stdout, stderr } = spawnSync(isql ?? '', ['-b', '-v', '-k', '-d|', connection], {
    input: `${line}\n`,
    encoding: 'utf8',
  });
  // A statement that fails leaves the exit status as it is.
  if (status !== 0 || stderr.includes('ERROR')) throw new Error(`isql: ${stdout}${stderr}`);
  return stdout.split('\n').filter((row) => row !== '');
}

describeWithOdbc('psqlODBC as it is packaged', () => {
  let views: string[];

  beforeAll(async () => {
    store = await openStore();
    await makeAnalystWorld(store.pool);
    await store.pool.query(`create role ${login} login password 'x' in role sfmc_tracking_reader`);
    // As logins of readers have it: the driver looks for columns there.
    await store.pool.query(`alter role ${login} set search_path = bi, tracking, public`);
    const { rows } = await store.pool.query<{ name: string }>(
      `select relname as name from pg_class
       where relnamespace = 'bi'::regnamespace and relkind in ('r', 'v') order by 1`,
    );
    views = rows.map(({ name }) => name);
  });
  afterAll(async () => {
    await store.pool.query(`drop owned by ${login}`);
    await store.pool.query(`drop role ${login}`);
    await store.close();
  });

  it('lists the views of bi to a reader, as its catalog functions give them to BI tools', () => {
    const listed = send('help')
      .map((row) => row.split('|').map((cell) => cell.trim()))
      .flatMap(([, schema, name = '']) => (schema === 'bi' ? [name] : []));
    expect(listed.sort()).toEqual(views);
  });

  it('lists the columns of job_performance in their order', async () => {
    const { rows } = await store.pool.query<{ name: string }>(
      `select attname as name from pg_attribute
       where attrelid = 'bi.job_performance'::regclass and attnum > 0 order by attnum`,
    );
    const listed = send('help job_performance').map((row) => row.split('|')[3]?.trim());
    expect(listed).toEqual(rows.map(({ name }) => name));
  });

  it('reads every view as tools do that look at its first rows', () => {
    for (const view of views) expect(() => send(`select * from bi.${view} limit 10000`)).not.toThrow();
    expect(() => send('select * from bi.no_such_view')).toThrow('no_such_view');
    expect(send('select count(*) from bi.job_performance')[0]?.trim()).not.toBe('0');
  });
});
