import { ConfigInvalidError } from '../../errors.ts';
import { createColumnPage } from '../../columns/page.ts';
import { job } from '../../dimensions/job.ts';
import type { AccountClient } from '../../marketing-cloud/account-client.ts';
import type { Filter } from '../../marketing-cloud/request/filter.ts';
import { retrievePages } from '../../marketing-cloud/retrieve.ts';
import { retentionMs } from '../planning/windows.ts';

/**
 * Learns which business unit the credentials belong to, from one of its Sends.
 *
 * @throws {ConfigInvalidError} when it has sent nothing yet, so that nothing names it.
 */
export async function identifyAccount(
  client: AccountClient,
  now: Date,
  signal: AbortSignal,
): Promise<number> {
  const since = new Date(now.getTime() - retentionMs);
  const filter: Filter = { property: 'ModifiedDate', operator: 'greaterThan', values: [since] };
  const pages = retrievePages(
    client,
    { definition: job, filter, pageSize: 1, pagesMax: 1 },
    () => createColumnPage(job, { accountId: undefined, jobId: undefined }),
    signal,
  );
  for await (const { page } of pages) {
    if (page.accountId !== undefined) return page.accountId;
    break;
  }
  throw new ConfigInvalidError(
    'SFMC_ACCOUNT_IDS is not set, and the business unit of these credentials has no Send that would name it: set SFMC_ACCOUNT_IDS to its MID',
  );
}
