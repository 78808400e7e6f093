import { eventTypesExpected, parseEventTypes } from '../../config/setting-kinds.ts';
import type { EventTypeName } from '../../events/catalog.ts';
import { parseIdList } from './values.ts';

/** What a run is limited to; undefined: all of it. */
export interface Selection {
  readonly eventTypes?: readonly EventTypeName[];
  readonly jobIds?: readonly number[];
  readonly accountIds?: readonly number[];
}

/** The same as typed. */
export interface RawSelection {
  readonly events?: string;
  readonly jobs?: string;
  readonly accounts?: string;
}

export function parseSelection(raw: RawSelection, problems: string[]): Selection {
  const { events, jobs, accounts } = raw;
  return {
    ...(events === undefined ? {} : { eventTypes: parseEventList(events, problems) }),
    ...(jobs === undefined ? {} : { jobIds: parseIdList('--jobs', 'JobIDs', jobs, problems) }),
    ...(accounts === undefined ? {} : { accountIds: parseIdList('--accounts', 'MIDs', accounts, problems) }),
  };
}

function parseEventList(list: string, problems: string[]): EventTypeName[] {
  const names = parseEventTypes(list);
  if (names === undefined) problems.push(`--events is ${list}: ${eventTypesExpected}`);
  return names ?? [];
}
