import { dimensionCatalog } from '../../dimensions/catalog.ts';
import { job } from '../../dimensions/job.ts';
import { AccountRefusedError } from '../../errors.ts';
import type { EventDefinition } from '../../events/define-event.ts';
import type { AccountClient } from '../../marketing-cloud/account-client.ts';
import type { Filter } from '../../marketing-cloud/request/filter.ts';
import { requestSystemStatus } from '../../marketing-cloud/system-status.ts';
import { humanDuration } from '../format.ts';
import { type Examination, failed, failedBy, type Finding, note, notChecked, ok } from './check.ts';
import { examineFilters, type WorkingFilters } from './examine-filters.ts';
import { type Check, dimensionFilter, equals, examineObject } from './examine-objects.ts';
import { readFirstPage, type SeenPage } from './first-page.ts';
import { type Announce, probePaging } from './probe-paging.ts';

export interface AccountToExamine {
  readonly client: AccountClient;
  /** Undefined: the one that the credentials belong to. */
  readonly accountId: number | undefined;
  /** Whether its token service has sent a token; null where it uses none. */
  readonly hasToken: () => boolean | null;
  readonly definitions: readonly EventDefinition[];
  /** Null where there is no database. */
  readonly databaseNow: (() => Promise<Date>) | null;
  readonly now: () => Date;
  readonly announce: Announce;
  /** Keeps what the paging probe found. */
  readonly keepProbe: ((accountId: number, isReplayable: boolean) => Promise<void>) | null;
  /** Keeps which filters work, so that the tail begins on a rung that does. */
  readonly keepFilters: ((accountId: number, works: WorkingFilters) => Promise<void>) | null;
}

const dayMs = 24 * 60 * 60 * 1000;
// Windows end at least this far behind now where SETTLING_MINUTES has its default.
const clockMsMax = 5 * 60_000;
/** Sends of these days show which jobs there are. */
const jobDays = 60;
const jobsSeen = 50;

/** One business unit: token, status, what the package may read, clocks, paging and filters. */
export async function examineAccount(
  examination: Examination,
  account: AccountToExamine,
  signal: AbortSignal,
): Promise<void> {
  const check = (name: string, work: () => Promise<Finding>) =>
    examination.check(name, work, account.accountId);
  if (!(await examineConnection(check, account, signal))) return;

  const seen: { sends?: SeenPage } = {};
  const since = new Date(account.now().getTime() - jobDays * dayMs);
  const modified: Filter = { property: 'ModifiedDate', operator: 'greaterThan', values: [since] };
  await check('business unit', async () => {
    account.announce('Send');
    seen.sends = await readFirstPage(account.client, job, { filter: modified, pageSize: jobsSeen }, signal);
    return judgeBusinessUnit(seen.sends, account.accountId);
  });
  const jobs = jobsOf(seen.sends);
  for (const definition of account.definitions)
    await examineObject(check, definition, equals('SendID', jobs[0] ?? 1), account, signal);

  for (const definition of dimensionCatalog) {
    if (definition.name === job.name) continue;
    await examineObject(check, definition, dimensionFilter(definition, jobs, since), account, signal);
  }
  await check('clocks', () => judgeClocks(seen.sends?.serverTime, account));
  const accountId = account.accountId ?? seen.sends?.accountId;
  const works = await examineFilters(check, jobs, account, signal);
  if (accountId !== undefined) await account.keepFilters?.(accountId, works);
  await check('paging', () => examinePaging(jobs, seen.sends?.accountId, account, signal));
}

/** The first request fetches the token too, so that the two are judged apart. */
async function examineConnection(
  check: Check,
  { client, hasToken, announce }: AccountToExamine,
  signal: AbortSignal,
): Promise<boolean> {
  announce('GetSystemStatus');
  const asked = await requestSystemStatus(client, signal).then(
    (status) => ({ status }),
    (error: unknown) => ({ error }),
  );
  signal.throwIfAborted();
  const isRefused = 'error' in asked && asked.error instanceof AccountRefusedError;
  const token = hasToken();
  const isSignedIn = await check('credentials', () => {
    if ('error' in asked && (isRefused || token === false)) return Promise.resolve(failedBy(asked.error));
    return Promise.resolve(
      ok(token === null ? 'a user name and a password, accepted' : 'a token was issued'),
    );
  });
  if (!isSignedIn) return false;
  return await check('system status', () => {
    if ('error' in asked) return Promise.resolve(failedBy(asked.error));
    return Promise.resolve(
      asked.status === 'available'
        ? ok('OK')
        : failed(
            `Marketing Cloud is ${asked.status.replace('-', ' ')}`,
            'wait for it, then run doctor again',
          ),
    );
  });
}

function judgeBusinessUnit({ accountId: found, records }: SeenPage, accountId: number | undefined): Finding {
  if (found === undefined) {
    return accountId === undefined
      ? failed(
          'the credentials’ business unit has no recent Send that would name it',
          'set SFMC_ACCOUNT_IDS to its MID',
        )
      : note(`may be read; no job was changed in the last ${jobDays} days`);
  }
  if (accountId !== undefined && found !== accountId) {
    return failed(
      `the records are those of ${found}`,
      'check SFMC_ACCOUNT_IDS, and ClientIDs of the API user',
    );
  }

  return ok(
    `${found}, ${records === jobsSeen ? 'at least ' : ''}${records} jobs changed in the last ${jobDays} days`,
  );
}

/** The largest first. */
function jobsOf(sends: SeenPage | undefined): number[] {
  if (sends === undefined) return [];
  const ids = sends.integers('job_id');
  const sizes = sends.integers('number_sent');
  return ids
    .map((id, index) => ({ id, size: sizes[index] ?? 0 }))
    .filter(({ id }) => id > 0)
    .toSorted((one, other) => other.size - one.size)
    .map(({ id }) => id);
}

async function judgeClocks(serverTime: Date | undefined, account: AccountToExamine): Promise<Finding> {
  const { now, databaseNow } = account;
  const nowMs = now().getTime();
  const database = databaseNow === null ? undefined : await databaseNow();
  const offsets = { 'Marketing Cloud': serverTime, Postgres: database };
  const known = Object.entries(offsets).flatMap(([name, time]) =>
    time === undefined ? [] : [{ name, ms: time.getTime() - nowMs }],
  );
  if (known.length === 0) return notChecked('neither Marketing Cloud nor Postgres said its time');
  const text = known
    .map(({ name, ms }) => `${name} is ${humanDuration(Math.abs(ms))} ${ms < 0 ? 'behind' : 'ahead'}`)
    .join(', ');
  return known.every(({ ms }) => Math.abs(ms) <= clockMsMax)
    ? ok(text)
    : failed(text, 'set the clocks of this machine and of the database by NTP');
}

async function examinePaging(
  jobs: readonly number[],
  foundAccountId: number | undefined,
  { client, accountId = foundAccountId, announce, keepProbe }: AccountToExamine,
  signal: AbortSignal,
): Promise<Finding> {
  const { finding, isReplayable } = await probePaging(client, jobs.slice(0, 3), announce, signal);
  if (isReplayable !== undefined && accountId !== undefined) await keepProbe?.(accountId, isReplayable);
  return finding;
}
