import { printableLine } from '../printable.ts';

/** Accounts with the names of their business units, as the status report has them. */
export type NamedAccounts = readonly { readonly accountId: number; readonly name: string | null }[];

/** `Acme Germany (7000001)`; the id alone where the business unit has no name yet. */
export function accountText(accounts: NamedAccounts, accountId: number): string {
  const name = accountName(accounts, accountId);
  return name === '' ? String(accountId) : `${name} (${accountId})`;
}

/** The name for a column beside the id; empty where there is none. */
export function accountName(accounts: NamedAccounts, accountId: number): string {
  return printableLine(accounts.find((account) => account.accountId === accountId)?.name ?? '').trim();
}
