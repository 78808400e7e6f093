import pg from 'pg';
import { StoreUnavailableError } from '../../errors.ts';
import { beat, heartbeatSetting } from './heartbeat.ts';
import { type LockHolder, sayWhileBlocked } from './lock-holders.ts';
import { processLockClass } from './session-locks.ts';
import { connectionOptions, type Queryable, sessionSettings, storeErrorFrom } from './pool.ts';

export interface ProcessDescription {
  command: string;
  host: string;
  pid: number;
}

/**
 * A registered process: its row in `pipeline.processes`, its liveness lock, and the connection that holds
 * that lock and the concurrency slots.
 *
 * The locks last exactly as long as the connection. When it is lost, `lost` aborts and all work must stop. The server
 * ends it twenty seconds after the process was suspended, or its machine vanished.
 */
export interface ProcessSession {
  readonly processId: number;
  readonly lost: AbortSignal;
  readonly connection: SerialConnection;
  /** Calls the listener for each notification on the channel, for as long as the connection lasts. */
  listen(channel: string, listener: () => void): Promise<void>;
  end(): Promise<void>;
}

/** Runs one statement at a time: who shares the connection need not know of each other. */
export interface SerialConnection {
  query<Row extends pg.QueryResultRow>(text: string, values?: unknown[]): Promise<pg.QueryResult<Row>>;
}

export async function openProcessSession(
  databaseUrl: string,
  description: ProcessDescription,
  onBlocked: (holder: LockHolder) => void = () => undefined,
): Promise<ProcessSession> {
  const client = new pg.Client(connectionOptions(databaseUrl, `sfmc-tracking ${description.command}`));
  const lost = new AbortController();
  let isEnding = false;
  const lose = () => {
    if (!isEnding)
      lost.abort(new StoreUnavailableError('the connection that holds this process’s locks was lost'));
  };
  client.on('error', lose);
  client.on('end', lose);
  const connection = serialize(client);
  let stopBeating = (): void => undefined;
  try {
    await client.connect();
    await client.query(`${sessionSettings} set ${heartbeatSetting.name} = '${heartbeatSetting.on}';`);
    const processId = await register(client, description, (lock) =>
      sayWhileBlocked(client, databaseUrl, onBlocked, lock),
    );
    stopBeating = beat(connection, lose);
    lost.signal.addEventListener('abort', stopBeating);
    return {
      processId,
      lost: lost.signal,
      connection,
      async listen(channel, listener) {
        client.on('notification', (notification) => {
          if (notification.channel === channel) listener();
        });
        await connection.query(`listen ${client.escapeIdentifier(channel)}`);
      },
      async end() {
        isEnding = true;
        stopBeating();
        await connection
          .query('update pipeline.processes set ended_at = now() where process_id = $1', [processId])
          .catch(() => undefined);
        await client.end().catch(() => undefined);
      },
    };
  } catch (error) {
    isEnding = true;
    await client.end().catch(() => undefined);
    throw storeErrorFrom(error);
  }
}

function serialize(client: pg.Client): SerialConnection {
  let last: Promise<unknown> = Promise.resolve();
  return {
    query: <Row extends pg.QueryResultRow>(text: string, values?: unknown[]) => {
      const queried = last.then(() => client.query<Row>(text, values));
      last = queried.catch(() => undefined);
      return queried;
    },
  };
}

/** The row becomes visible only after its lock is held, so a row without a lock is a dead process. */
async function register(
  client: pg.Client,
  { command, host, pid }: ProcessDescription,
  takeLock: (lock: () => Promise<unknown>) => Promise<unknown>,
): Promise<number> {
  await client.query('begin');
  const { rows } = await client.query<{ process_id: number }>(
    `insert into pipeline.processes (command, host, pid) values ($1, $2, $3) returning process_id`,
    [command, host, pid],
  );
  const processId = rows[0]?.process_id ?? 0;
  await takeLock(() =>
    client.query('select pg_advisory_lock($1::int, $2::int)', [processLockClass, processId]),
  );
  await client.query('commit');
  return processId;
}

/**
 * Processes whose lock is free but whose row was not ended (killed), or that ended while they owned a task or a run: its
 * end was not written, because the database was away in that moment. Not this one, where its number is given.
 */
export async function findDeadProcesses(database: Queryable, ours?: number): Promise<number[]> {
  // By processes_not_ended, and extract_tasks_running for tasks taken during shutdown. Usually there is only this process.
  const { rows: suspects } = await database.query<{ process_id: number }>(
    `select process_id from pipeline.processes where ended_at is null and process_id is distinct from $1
     union
     select process_id from pipeline.processes
     where process_id is distinct from $1 and process_id in (
       select process_id from pipeline.extract_tasks where settled_at is null and state = 'running'
       union all
       select process_id from pipeline.runs where state = 'running')`,
    [ours ?? null],
  );
  if (suspects.length === 0) return [];
  // After the suspects: each of them had its lock by then, unless it died.
  const { rows: held } = await database.query<{ process_id: number }>(
    `select objid::bigint as process_id from pg_locks
     where locktype = 'advisory' and objsubid = 2 and granted
       and database = (select oid from pg_database where datname = current_database())
       and classid = $1::int::oid`,
    [processLockClass],
  );
  const living = new Set(held.map((row) => row.process_id));
  return suspects.map((row) => row.process_id).filter((processId) => !living.has(processId));
}

/** Processes whose lock is held: they run, on whatever machine. */
export async function findLiveProcesses(database: Queryable): Promise<ProcessDescription[]> {
  const { rows } = await database.query<ProcessDescription>(
    `select command, host, pid from pipeline.processes
     where process_id in (
       select objid::bigint from pg_locks
       where locktype = 'advisory' and objsubid = 2 and granted
         and database = (select oid from pg_database where datname = current_database())
         and classid = $1::int::oid)
     order by process_id`,
    [processLockClass],
  );
  return rows;
}
