import { statfs } from 'node:fs/promises';
import { program } from '../../invocation.ts';
import { assertQueueSchemaIsOurs } from '../../store/schema/queue-owner.ts';
import { assertSchemaCurrent } from '../../store/schema/schema-version.ts';
import {
  type DatabaseFacts,
  measureWriteSpeed,
  readDatabaseFacts,
} from '../../store/connection/database-facts.ts';
import type { Pool } from '../../store/connection/pool.ts';
import { humanBytes, humanCount } from '../format.ts';
import { type Examination, failed, note, notChecked, ok } from './check.ts';

export interface DatabaseToExamine {
  readonly pool: Pool;
  readonly isEmbedded: boolean;
  /** Whether the server runs on this machine, so that its disk can be looked at. */
  readonly isLocal: boolean;
  readonly nowMs: () => number;
}

/** A month of events of a medium account; below it, a night may fill the disk. */
const freeBytesMin = 5 * 1024 ** 3;
/** A commit that waits longer for its disk slows every page. */
const commitMsMax = 20;

/** Server, rights, speed, room, schema and queue. Changes nothing. Returns whether the schema can be used. */
export async function examineDatabase(
  examination: Examination,
  { pool, isEmbedded, isLocal, nowMs }: DatabaseToExamine,
): Promise<boolean> {
  const known: { facts?: DatabaseFacts } = {};
  const isReached = await examination.check('database', async () => {
    known.facts = await readDatabaseFacts(pool);
    const { version, encoding, bytes } = known.facts;
    const kind = isEmbedded ? 'embedded' : 'a direct connection or a session pooler';
    return ok(`Postgres ${version}, ${encoding}, ${kind}, ${humanBytes(bytes)} used`);
  });
  const { facts } = known;
  if (!isReached || facts === undefined) return false;
  await examination.check('database rights', () => Promise.resolve(judgeRights(facts)));
  await examination.check('database write speed', async () => {
    const { rows, rowsMs, commitMs } = await measureWriteSpeed(pool, nowMs);
    const result = `${humanCount(rows)} rows in ${Math.round(rowsMs)} ms, a commit takes ${commitMs.toFixed(1)} ms`;
    return commitMs <= commitMsMax
      ? ok(result)
      : note(result, 'a page needs one commit: use a faster disk, or a server nearer to this machine');
  });
  await examination.check('database free room', () => examineRoom(facts, isLocal));
  const isCurrent = await examination.check('schema', async () => {
    await assertSchemaCurrent(pool);
    return ok('up to date with this program');
  });
  const isQueueOurs = await examination.check('queue schema', async () => {
    await assertQueueSchemaIsOurs(pool);
    return ok('sfmc_tracking_queue is ours');
  });
  return isCurrent && isQueueOurs;
}

function judgeRights({ mayCreate, notOwned }: DatabaseFacts) {
  if (notOwned.length > 0) {
    return failed(
      `this role does not own ${notOwned.slice(0, 3).join(', ')}${notOwned.length > 3 ? ' and others' : ''}`,
      'connect as the role that ran `migrate`: only an owner can add the partition of a new month',
    );
  }
  return mayCreate
    ? ok('owner of every table, may create schemas')
    : note('owner of every table, may not create schemas', `let an administrator run ${program} migrate`);
}

async function examineRoom({ dataDirectory }: DatabaseFacts, isLocal: boolean) {
  if (!isLocal) return notChecked('the server is on another machine: watch its disk there');
  if (dataDirectory === null) return notChecked('this role may not see where the server keeps its data');
  try {
    const { bavail, bsize } = await statfs(dataDirectory);
    const result = `${humanBytes(bavail * bsize)} free where the server keeps its data`;
    return bavail * bsize >= freeBytesMin
      ? ok(result)
      : failed(result, 'make room: when the disk is full, Postgres stops');
  } catch {
    return notChecked(`${dataDirectory} cannot be seen from here`);
  }
}
