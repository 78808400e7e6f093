import type { Config } from '../../../config/config.ts';
import type { ExtractsEnd } from '../../../pipeline/fetch-extracts/run-extracts.ts';
import { isRefusalOfAccount } from '../../../pipeline/policy/error-policy.ts';
import { accountText, type NamedAccounts } from '../../../operations/account-names.ts';
import { parseSftpUrl } from '../../../tracking-extract/sftp/sftp-address.ts';
import type { ExitCode } from '../../context.ts';
import { renderTable } from '../../terminal/table.ts';

const outcomeTexts = {
  settled: 'every request is settled',
  waiting: 'waiting: the same command goes on',
  interrupted: 'interrupted: the same command goes on where this one stopped',
} as const satisfies Record<ExtractsEnd['outcome'], string>;

/** How a command ended, with the names of the business units. */
export interface NamedExtractsEnd extends ExtractsEnd {
  readonly accounts: NamedAccounts;
}

/** The requests of a command, one line each, with why one failed. */
export function extractRows({ outcome, entries, accounts }: NamedExtractsEnd, width: number): string[] {
  const columns = [
    { title: 'account', isKey: true },
    { title: 'from (UTC)', isKey: true },
    { title: 'to (UTC)', isKey: true },
    { title: 'extract', wraps: true },
  ];
  const rows = entries.map(({ accountId, from, to, state, errorText }) => [
    ...[
      accountText(accounts, accountId),
      minute(from),
      minute(to),
      errorText === null ? state : `${state}: ${errorText}`,
    ],
  ]);
  return [outcomeTexts[outcome], '', renderTable(columns, rows, width)];
}

function minute(instant: Date): string {
  return instant.toISOString().slice(0, 16).replace('T', ' ');
}

/** What to say of archives that did not appear; undefined where all did. */
export function waitingLine({ outcome, entries, obstacle }: ExtractsEnd, config: Config): string | undefined {
  if (outcome !== 'waiting') return undefined;
  const missing = entries.filter(({ state }) => state !== 'done' && state !== 'failed').length;
  const { host = '', folder = '' } = parseSftpUrl(config.sftpUrl?.reveal() ?? '') ?? {};
  const reason =
    obstacle ??
    'if they take longer than usual, see in Automation Studio whether a file transfer activity has to move extracts there';
  return `${missing} of ${entries.length} extracts have not appeared in ${folder} on ${host}: ${reason}; the same command goes on`;
}

export function exitCodeOfExtracts({ outcome, entries }: ExtractsEnd, hasProblems: boolean): ExitCode {
  if (outcome === 'interrupted') return 130;
  if (outcome === 'waiting') return 4;
  const failed = entries.filter(({ state }) => state === 'failed');
  const refused = failed.filter(({ errorCode }) => isRefusalOfAccount(errorCode ?? ''));
  if (refused.length > 0 && refused.length === entries.length) return 3;
  return failed.length > 0 || hasProblems ? 1 : 0;
}
