import type { DimensionDefinition } from '../../dimensions/define-dimension.ts';
import { ConfigInvalidError, FeatureMissingError, PermissionDeniedError } from '../../errors.ts';
import type { ObjectDefinition } from '../../events/define-event.ts';
import type { AccountClient } from '../../marketing-cloud/account-client.ts';
import type { Filter } from '../../marketing-cloud/request/filter.ts';
import { failed, failedBy, type Finding, note, ok } from './check.ts';
import { readFirstPage } from './first-page.ts';
import type { Announce } from './probe-paging.ts';

export type Check = (name: string, work: () => Promise<Finding>) => Promise<boolean>;

interface Asking {
  readonly client: AccountClient;
  readonly announce: Announce;
}

/** Requests one record; whether there is one makes no difference. */
export function examineObject(
  check: Check,
  definition: ObjectDefinition,
  filter: Filter | undefined,
  { client, announce }: Asking,
  signal: AbortSignal,
): Promise<boolean> {
  return check(`permission ${definition.name}`, async () => {
    announce(definition.objectType);
    try {
      const { durationMs } = await readFirstPage(client, definition, { filter, pageSize: 1 }, signal);
      return ok(`${definition.objectType} may be read (${durationMs} ms)`);
    } catch (error) {
      return judgeRefusal(error, definition);
    }
  });
}

function judgeRefusal(error: unknown, definition: ObjectDefinition): Finding {
  const { isOptional = false } = definition;
  const grant = `grant the package ${scopeFor(definition)}, wait ten minutes, then run doctor again`;
  if (error instanceof FeatureMissingError && isOptional)
    return note('the account does not have this feature: it is noted as not available');
  if (error instanceof PermissionDeniedError)
    return isOptional ? note(error.message, grant) : failed(error.message, grant);
  if (error instanceof ConfigInvalidError) throw error;
  return failedBy(error);
}

/** The scopes of the installed package, by their names in its form. */
function scopeFor({ objectType }: ObjectDefinition): string {
  if (objectType.endsWith('Event')) return 'Tracking Events: Read (tracking_events_read)';
  if (objectType === 'ListSend') return 'List and Subscribers: Read (list_and_subscribers_read)';
  return objectType === 'BusinessUnit' ? 'Accounts: Read (accounts_read)' : 'Email: Read (email_read)';
}

export function equals(property: string, value: number): Filter {
  return { property, operator: 'equals', values: [value] };
}

export function dimensionFilter(
  { filters }: DimensionDefinition,
  jobs: readonly number[],
  since: Date,
): Filter | undefined {
  if (filters.window !== undefined)
    return { property: filters.window, operator: 'greaterThan', values: [since] };
  return filters.jobIds === undefined ? undefined : equals(filters.jobIds, jobs[0] ?? 1);
}
