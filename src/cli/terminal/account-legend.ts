import { accountName, accountText, type NamedAccounts } from '../../operations/account-names.ts';

/** The names of the business units that a table shows by id, on a line below it; no line where none has a name. */
export function accountLegend(
  accounts: NamedAccounts,
  rows: readonly { readonly accountId: number }[],
): string[] {
  const ids = [...new Set(rows.map(({ accountId }) => accountId))];
  const named = ids.filter((id) => accountName(accounts, id) !== '');
  return named.length === 0
    ? []
    : ['', `Business units: ${named.map((id) => accountText(accounts, id)).join(', ')}`];
}
