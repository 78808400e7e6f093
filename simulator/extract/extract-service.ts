import { existsSync, mkdirSync, renameSync, writeFileSync } from 'node:fs';
import path from 'node:path';

import type { World } from '../world/world.ts';
import { type ExtractedType, type ExtractForm } from './event-file.ts';
import { extractFiles } from './extract-files.ts';
import type { ExtractParameters, ExtractRequest } from './extract-requests.ts';
import { zipFile } from './zip-file.ts';

/** How extracts appear, and how they do not. */
export interface ExtractsOptions {
  /** Where archives are written: the folder that an SFTP server shows. */
  readonly folder: string;
  /** How the files within are written, one archive after the other in turn. */
  readonly forms?: readonly ArchiveForm[];
  /** `accepted`: requests are accepted, and nothing is ever written. `held`: written by `release`. */
  readonly behavior?: 'written' | 'held' | 'accepted' | 'refused' | 'denied' | 'damaged' | 'growing';
}

export interface ArchiveForm extends ExtractForm {
  /** A folder within the archive. */
  readonly within?: string;
}

export interface Extracts {
  /** Requests that were accepted, oldest first. */
  readonly accepted: readonly ExtractParameters[];
  readonly behavior: NonNullable<ExtractsOptions['behavior']>;
  change(behavior: NonNullable<ExtractsOptions['behavior']>): void;
  /** Serves one request; returns the refusal where there is one. */
  serve(accountId: number, request: ExtractRequest, now: Date): string | undefined;
  /** Writes the archives that were held, and completes those that grow. */
  release(): void;
}

const trackingExtractId = 'c7219016-a7f0-4c72-8657-1ec12c28a0db';

// Marketing Cloud: the usual ones of the user interface.
const usualForms: readonly ArchiveForm[] = [{ milliseconds: true, listBatchId: 1 }];

/** Makes archives of the world's events as requests ask for them; without options the accounts have no extracts. */
export function createExtracts(world: World, options: ExtractsOptions | undefined): Extracts {
  const { folder = '', forms = usualForms } = options ?? {};
  // Not those above it: Node never returns where a file system refuses one of them.
  if (folder !== '' && !existsSync(folder)) mkdirSync(folder);
  const accepted: ExtractParameters[] = [];
  const waiting: (() => void)[] = [];
  const state: { behavior: Extracts['behavior'] } = {
    behavior: options === undefined ? 'refused' : (options.behavior ?? 'written'),
  };
  const accept = (accountId: number, parameters: ExtractParameters, now: Date): void => {
    const form = forms[accepted.length % forms.length] ?? {};
    accepted.push(parameters);
    const file = path.join(folder, path.basename(parameters.get('OutputFileName') ?? 'extract.zip'));
    const archive = archiveOf(world, accountId, parameters, form, now);
    const { behavior } = state;
    if (behavior === 'written') writeWhole(file, archive);
    if (behavior === 'damaged') writeWhole(file, archive.subarray(0, archive.length - 30));
    if (behavior === 'growing') writeFileSync(file, archive.subarray(0, archive.length >> 1));
    if (behavior === 'growing' || behavior === 'held') waiting.push(() => writeWhole(file, archive));
  };
  return {
    accepted,
    get behavior() {
      return state.behavior;
    },
    change: (behavior) => {
      state.behavior = behavior;
    },
    serve: (accountId, { id, parameters }, now) => {
      if (state.behavior === 'denied') return 'API Permission Failed. Error Code: 1';
      if (state.behavior === 'refused' || id !== trackingExtractId)
        return 'The Extract type is not enabled for this account.';
      if (Number.isNaN(serverTime(parameters.get('StartDate') ?? ''))) return 'StartDate is not a date.';
      accept(accountId, parameters, now);
      return undefined;
    },
    release: () => {
      for (const write of waiting.splice(0)) write();
    },
  };
}

/** Under another name first: who looks meanwhile sees nothing. */
function writeWhole(file: string, content: Buffer): void {
  writeFileSync(`${file}.writing`, content);
  renameSync(`${file}.writing`, file);
}

const switches: Readonly<Record<string, Exclude<ExtractedType, 'complaint'>>> = {
  ExtractSent: 'sent',
  ExtractOpens: 'open',
  ExtractClicks: 'click',
  ExtractBounces: 'bounce',
  ExtractUnsubs: 'unsub',
  ExtractNotSent: 'not_sent',
};

function archiveOf(
  world: World,
  accountId: number,
  parameters: ExtractParameters,
  { within = '', ...form }: ArchiveForm,
  now: Date,
): Buffer {
  const isOn = (name: string): boolean => parameters.get(name)?.toLowerCase() === 'true';
  const types = Object.entries(switches).flatMap(([name, type]) => (isOn(name) ? [type] : []));
  const from = serverTime(parameters.get('StartDate') ?? '');
  const to = serverTime(parameters.get('EndDate') ?? '');
  const jobIds = (parameters.get('SendIDs') ?? '')
    .split(',')
    .flatMap((id) => (id === '' ? [] : [Number(id)]));
  const milliseconds = form.milliseconds ?? isOn('IncludeMilliseconds');
  const scope = {
    accountIds: [accountId],
    from,
    to,
    types,
    lists: isOn('extractLists'),
    asOf: now,
    ...(jobIds.length > 0 ? { jobIds } : {}),
  };
  const files = extractFiles(world, scope, { ...form, milliseconds });
  const members = files.map(({ name, content }) => ({ name: `${within}${name}`, content }));
  return zipFile(members);
}

/** `10/26/2012 12:00:00 AM`, UTC−06:00 all year. */
function serverTime(text: string): number {
  const match = /^(\d{1,2})\/(\d{1,2})\/(\d{4}) (\d{1,2}):(\d{2}):(\d{2}) (AM|PM)$/.exec(text);
  if (match === null) return Number.NaN;
  const [month = 0, day = 0, year = 0, hour = 0, minute = 0, second = 0] = match.slice(1, 7).map(Number);
  const isAfternoon = match[7] === 'PM';
  return Date.UTC(year, month - 1, day, (hour % 12) + (isAfternoon ? 12 : 0), minute, second) + 6 * 3_600_000;
}
