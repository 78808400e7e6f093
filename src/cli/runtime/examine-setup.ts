import path from 'node:path';
import type { Config } from '../../config/config.ts';
import { eventCatalog } from '../../events/catalog.ts';
import { isLoopbackUrl } from '../../loopback.ts';
import { createAccountClient } from '../../marketing-cloud/account-client.ts';
import { countRequests } from '../../marketing-cloud/transport/count-requests.ts';
import { observeResponses } from '../../marketing-cloud/recording/observe-responses.ts';
import { Reachability } from '../../marketing-cloud/transport/reachability.ts';
import { createTransport } from '../../marketing-cloud/transport/transport.ts';
import { type CheckedLine, createExamination, type Examination, ok } from '../../operations/doctor/check.ts';
import { examineAccount } from '../../operations/doctor/examine-account.ts';
import type { WorkingFilters } from '../../operations/doctor/examine-filters.ts';
import { examineAddresses } from '../../operations/doctor/examine-address.ts';
import { examineDatabase } from '../../operations/doctor/examine-database.ts';
import { examineSftp } from '../../operations/doctor/examine-sftp.ts';
import { createRecorder, type ResponseRecorder } from '../../operations/doctor/record-responses.ts';
import { RequestCounter, type RequestCounterOptions } from '../../pipeline/admission/request-counter.ts';
import { keptFrom } from '../../pipeline/event-bounds.ts';
import { recordCursorProbe } from '../../store/accounts.ts';
import { readAccounts } from '../../store/status/accounts.ts';
import { addRequests } from '../../store/request-days.ts';
import { recordFilterProbe } from '../../store/tail/filter-probe.ts';
import { hasEmbeddedPostgres } from '../../store/embedded/embedded-postgres.ts';
import { readDatabaseFacts } from '../../store/connection/database-facts.ts';
import type { CommandContext } from '../context.ts';
import { openDatabase, type OpenDatabase } from '../open-database.ts';
import { clientOptions, proxyOf } from './composition/connect-accounts.ts';
import { examineSettings } from './examine-settings.ts';
import { sftpOptions } from './files/sftp-options.ts';

/**
 * Examines all that a sync needs: settings, database, addresses, and each business unit. What does not depend on a check
 * that failed is examined all the same. Leaves nothing behind but what it found out about paging and filters.
 *
 * @throws {ConfigInvalidError} when `record` names a folder that cannot be used.
 */
export async function examineSetup(
  context: CommandContext,
  record: string | undefined,
  onLine: (line: CheckedLine) => void,
): Promise<void> {
  const recorder = record === undefined ? undefined : createRecorder(path.resolve(context.cwd, record));
  const names = new Map<number, string>();
  const examination = createExamination(onLine, context.signals.drain, names);
  const { config, hasAccount } = await examineSettings(examination, context);
  if (config === undefined) return;
  await examination.check('retention', () =>
    Promise.resolve(ok(retentionText(config.retention, context.now()))),
  );
  const database = await openExamined(examination, config, context);
  try {
    if (database?.isUsable === true) {
      for (const { accountId, name } of await readAccounts(database.pool))
        if (name !== null) names.set(accountId, name);
    }
    if (config.sftpUrl !== undefined)
      await examineSftp(examination, () => sftpOptions(config), context.signals.drain);
    if (!hasAccount) return;
    await examineAddresses(examination, { urls: urlsOf(config), proxy: proxyOf(config) }, context.now());
    for (const accountId of config.accountIds.length > 0 ? config.accountIds : [undefined])
      await examineOne({ examination, config, context, database, recorder }, accountId);
  } finally {
    recorder?.finish();
    await database?.close();
  }
}

function retentionText(retention: Config['retention'], now: Date): string {
  if (retention.size === 0) return 'all events are kept (RETENTION_MONTHS is not set)';
  const days = [...retention.keys()].map(
    (name) => `${name} since ${keptFrom(name, now, retention)?.toISOString().slice(0, 10) ?? ''}`,
  );
  return `events are kept: ${days.join(', ')}`;
}

/** The database with its checks; undefined where it cannot be used or is not there yet. */
async function openExamined(
  examination: Examination,
  config: Config,
  { now }: CommandContext,
): Promise<(OpenDatabase & { readonly isUsable: boolean }) | undefined> {
  const { databaseUrl, dataDir } = config;
  if (databaseUrl === undefined && !hasEmbeddedPostgres({ dataDir })) {
    await examination.check('database', () =>
      Promise.resolve({
        outcome: 'note',
        result: `the embedded Postgres is not created yet: the first command that needs it creates it in ${dataDir}`,
      }),
    );
    return undefined;
  }
  const opened: { database?: OpenDatabase } = {};
  const open = async () => {
    const options = { command: 'doctor', onNotice: () => undefined, isSchemaOptional: true };
    opened.database = await openDatabase(config, options);
    return ok(databaseUrl === undefined ? `the embedded Postgres in ${dataDir}` : 'can be reached');
  };
  await examination.check('database connection', open);
  const { database } = opened;
  if (database === undefined) return undefined;
  const isUsable = await examineDatabase(examination, {
    pool: database.pool,
    isEmbedded: database.isEmbedded,
    isLocal: isLoopbackUrl(database.url),
    nowMs: () => now().getTime(),
  });
  return { ...database, isUsable };
}

function urlsOf({ authUrl, soapUrl, subdomainSoapUrl, credentials }: Config): string[] {
  const urls = [credentials?.kind === 'oauth' ? authUrl : undefined, soapUrl ?? subdomainSoapUrl];
  return urls.filter((url) => url !== undefined);
}

const forgetful = { hasResponded: () => Promise.resolve(false), remember: () => Promise.resolve() };

interface Circumstances {
  readonly examination: Examination;
  readonly config: Config;
  readonly context: CommandContext;
  readonly database: (OpenDatabase & { readonly isUsable: boolean }) | undefined;
  readonly recorder: ResponseRecorder | undefined;
}

async function examineOne(
  { examination, config, context, database, recorder }: Circumstances,
  accountId: number | undefined,
): Promise<void> {
  const { now, signals } = context;
  const isOauth = config.credentials?.kind === 'oauth';
  const token = { isIssued: false };
  const options = clientOptions(config, context, accountId);
  const pool = database?.pool;
  const write: RequestCounterOptions['write'] =
    pool === undefined || database?.isUsable !== true
      ? () => Promise.resolve()
      : (counts) => addRequests(pool, counts);
  const counter = new RequestCounter({ write, now, logger: silent });
  const client = createAccountClient({
    ...options,
    // One request at a time, and some thirty of them.
    admission: { admit: () => Promise.resolve(), succeeded: () => Promise.resolve() },
    // Whether it has responded before makes no difference here, and nothing of it is kept.
    reachability: new Reachability({ memory: forgetful, now }),
    transport: countRequests(
      observeResponses(createTransport(options), (response) => {
        if (response.status === 200 && response.url.endsWith('/v2/token')) token.isIssued = true;
        recorder?.record(response);
      }),
      counter.countFor(() => accountId),
    ),
  });
  try {
    const account = {
      ...{ client, accountId, now },
      hasToken: () => (isOauth ? token.isIssued : null),
      definitions: eventCatalog.filter(({ name }) => config.eventTypes.includes(name)),
      databaseNow: pool === undefined ? null : async () => (await readDatabaseFacts(pool)).now,
      announce: (name: string) => recorder?.announce(name),
      keepProbe:
        pool === undefined || database?.isUsable !== true
          ? null
          : (id: number, isReplayable: boolean) => recordCursorProbe(pool, id, isReplayable),
      keepFilters:
        pool === undefined || database?.isUsable !== true
          ? null
          : (id: number, works: WorkingFilters) => recordFilterProbe(pool, id, works),
    };
    await examineAccount(examination, account, signals.drain);
  } finally {
    await client.close();
    await counter.stop();
  }
}

const silent = { debug: () => undefined, warn: () => undefined };
