import type { Config } from '../../../config/config.ts';
import { eventCatalog } from '../../../events/catalog.ts';
import { ConfigInvalidError } from '../../../errors.ts';
import { program } from '../../../invocation.ts';
import { humanBytes, humanCount, humanDuration } from '../../../operations/format.ts';
import { type BackfillForecast, forecastBackfill } from '../../../pipeline/planning/forecast-backfill.ts';
import type { Pool } from '../../../store/connection/pool.ts';
import { readAccounts } from '../../../store/status/accounts.ts';
import type { BackfillOptions } from '../../options/run-options.ts';
import type { CommandContext, ExitCode } from '../../context.ts';
import { printJson, printLines } from '../../output.ts';
import { runLimits } from '../composition/limits.ts';

/** Prints what a backfill would cost; requests nothing and writes nothing. */
export async function printForecast(
  options: BackfillOptions,
  config: Config,
  pool: Pool,
  { stdout, now }: CommandContext,
): Promise<ExitCode> {
  const { overlapMs, sizing, pageSize } = runLimits(config);
  const { from, to, jobIds, eventTypes = config.eventTypes } = options;
  const range = { from, to };
  const forecast = await forecastBackfill(
    {
      accountIds: await accountsOf(options, config, pool),
      definitions: eventCatalog.filter(({ name }) => eventTypes.includes(name)),
      ...{ jobIds, pageSize, yearlyCalls: config.yearlyCalls },
      settings: { range, now: now(), overlapMs, sizing, order: -1 },
    },
    pool,
  );
  if (options.json) printJson(stdout, { dryRun: true, ...forecast });
  else printLines(stdout, linesOf(forecast));
  return 0;
}

async function accountsOf(
  { accountIds }: BackfillOptions,
  config: Config,
  pool: Pool,
): Promise<readonly number[]> {
  const known = (await readAccounts(pool)).filter(({ state }) => state !== 'retired');
  const configured = config.accountIds.length > 0 ? config.accountIds : known.map((one) => one.accountId);
  const unknown = (accountIds ?? []).filter((id) => !configured.includes(id));
  if (unknown.length > 0)
    throw new ConfigInvalidError(`--accounts is ${unknown.join(',')}: MIDs that SFMC_ACCOUNT_IDS names`);

  return accountIds ?? configured;
}

function linesOf(forecast: BackfillForecast): string[] {
  const { jobs, windows, requests, events, bytes, minutes, allowanceShare } = forecast;
  if (jobs === 0) {
    return [
      `No job is known that may have events in this range: \`${program} sync\` discovers jobs, and this forecast is made from them.`,
      'Nothing was requested or written.',
    ];
  }
  const { extract, cheaper } = forecast.roads;
  const byExtract = `Tracking Extracts: ${humanCount(extract.extracts)} files, ${humanCount(extract.requests)} requests, about ${humanDuration(extract.minutes * 60_000)} of importing once Marketing Cloud has written them`;
  const road =
    cheaper === 'extract'
      ? `the cheaper road is \`${program} extract\` of the same range (docs/tracking-extracts.md)`
      : 'the cheaper road is this backfill';
  const share = (allowanceShare * 100).toFixed(allowanceShare < 0.01 ? 2 : 1);
  const lasts =
    minutes === null
      ? 'how long it takes is not known before the first larger run'
      : `about ${humanDuration(minutes * 60_000)} at the pace of the last runs`;
  return [
    `${humanCount(jobs)} jobs, ${humanCount(windows)} windows, about ${humanCount(requests)} requests (${share} % of the yearly allowance), ${lasts}`,
    `about ${humanCount(events)} events, ${humanBytes(bytes)} where none of them is loaded yet`,
    `${byExtract}; ${road}`,
    `from the jobs that are known; \`${program} sync\` finds newer ones. Nothing was requested or written.`,
  ];
}
