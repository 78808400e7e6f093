import { defineDimension } from './define-dimension.ts';

/** A business unit with its name: the account itself and, for the account at the top, all below it. */
export const businessUnit = defineDimension({
  name: 'business_unit',
  objectType: 'BusinessUnit',
  table: 'business_units',
  includesAccountsBelow: true,
  columns: {
    account_id: { property: 'ID', kind: 'integer' },
    name: { property: 'Name', kind: 'text', optional: true },
    parent_id: { property: 'ParentID', kind: 'integer', optional: true },
  },
  key: ['account_id'],
  trimmed: ['name'],
  // Marketing Cloud: the account at the top has the parent 0.
  nullInsteadOfZero: ['parent_id'],
  setOnUpsert: {},
  filters: {},
  everyHours: 7 * 24,
  isOptional: true,
});
