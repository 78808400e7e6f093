import { FeatureMissingError } from '../errors.ts';
import type { AccountClient } from './account-client.ts';
import { writeExtract, writeRetrieve } from './request/envelope.ts';
import { type ExtractContent, extractParameters } from './request/extract-parameters.ts';
import { overallStatusError } from './source-errors.ts';

// Marketing Cloud: the documented id of the Tracking Extract, for accounts that list no extracts.
const trackingExtractId = 'c7219016-a7f0-4c72-8657-1ec12c28a0db';

const descriptionProperties = ['ObjectID', 'Name'] as const;
const resultProperties = ['StatusCode', 'StatusMessage'] as const;

// Accounts have about thirty kinds of extracts.
const descriptionsMax = 2500;

/**
 * The id of the Tracking Extract in an account.
 *
 * @throws {FeatureMissingError} when the account has other extracts, and not this one.
 * @throws {PermissionDeniedError} when the credentials may not see them.
 */
export async function findTrackingExtract(account: AccountClient, signal: AbortSignal): Promise<string> {
  const request = {
    ...{ objectType: 'ExtractDescription', properties: descriptionProperties, pageSize: descriptionsMax },
    clientId: account.clientId,
  };
  const found = await sendFor(
    account,
    { action: 'Retrieve', body: writeRetrieve(request), properties: descriptionProperties },
    signal,
  );
  const [id] = found.rows.find(([, name]) => /^tracking extract$/iu.test(name?.trim() ?? '')) ?? [];
  if (id !== undefined && id !== null && id !== '') return id;
  if (found.rows.length === 0) return trackingExtractId;
  throw new FeatureMissingError('The account has no Tracking Extract', { objectType: 'ExtractDescription' });
}

/**
 * Requests a Tracking Extract. That it was accepted is all that the response says: the file appears later, or never.
 * Returns the RequestID.
 */
export async function requestTrackingExtract(
  account: AccountClient,
  extractId: string,
  content: ExtractContent,
  signal: AbortSignal,
): Promise<string | undefined> {
  const body = writeExtract({
    extractId,
    clientId: account.clientId,
    parameters: extractParameters(content),
  });
  const { requestId, rows } = await sendFor(
    account,
    { action: 'Extract', body, properties: resultProperties },
    signal,
  );
  const [status, message] = rows.find(([code]) => !isFine(code)) ?? [];
  const failure = overallStatusError(status === undefined ? 'OK' : (message ?? status ?? ''), { requestId });
  if (failure !== undefined) throw failure;
  return requestId;
}

interface SmallRequest {
  readonly action: 'Retrieve' | 'Extract';
  readonly body: string;
  readonly properties: readonly string[];
}

/** Sends one request whose response is a handful of records; an overall status that is no success throws. */
async function sendFor(
  account: AccountClient,
  { action, body, properties }: SmallRequest,
  signal: AbortSignal,
): Promise<{ rows: readonly (readonly (string | null)[])[]; requestId: string | undefined }> {
  let rows: (string | null)[][] = [];
  const begin = () => {
    rows = [];
    return { append: (values: readonly (string | null)[]) => void rows.push([...values]) };
  };
  const context = { objectType: action === 'Extract' ? 'Extract' : 'ExtractDescription' };
  const response = await account.send(
    { action, body, properties, recordsMax: descriptionsMax, context, begin },
    signal,
  );
  const { overallStatus, requestId } = response;
  // A result says more than the overall status, which may be the word Error alone.
  const message = action === 'Extract' ? rows.find(([code]) => !isFine(code))?.[1] : undefined;
  const failure = overallStatusError(overallStatus, { ...context, requestId });
  if (failure === undefined) return { rows, requestId };
  throw (message ? overallStatusError(message, { ...context, requestId }) : undefined) ?? failure;
}

function isFine(code: string | null | undefined): boolean {
  return code === null || code === undefined || code.toUpperCase() === 'OK';
}
