import { randomUUID } from 'node:crypto';
import { RequestInvalidError } from '../../errors.ts';
import { type Filter, writeFilter, writeText } from './filter.ts';

export type SoapAction = 'Retrieve' | 'Extract' | 'GetSystemStatus';

export type Credential =
  | { readonly kind: 'oauth'; readonly token: string }
  | { readonly kind: 'usernameToken'; readonly username: string; readonly password: string };

export interface RetrieveBody {
  readonly objectType: string;
  readonly properties: readonly string[];
  readonly pageSize: number;
  /** The business unit to read; not needed with a token, which belongs to one. */
  readonly clientId?: number | undefined;
  /** The objects of the business units below as well. */
  readonly includesAccountsBelow?: boolean | undefined;
  /** Only what arrived since the same request was last made. */
  readonly isOfArrivals?: boolean | undefined;
}

const partnerNamespace = 'http://exacttarget.com/wsdl/partnerAPI';
const wssePrefix = 'http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss';

/**
 * Writes a SOAP 1.1 request around a body of one of the functions below.
 *
 * Every value is escaped, so that none can end its element.
 *
 * @throws {RequestInvalidError} when a value holds a character that XML cannot carry.
 */
export function writeEnvelope(action: SoapAction, credential: Credential, url: string, body: string): string {
  const header =
    credential.kind === 'oauth'
      ? `<fueloauth xmlns="http://exacttarget.com">${writeText(credential.token)}</fueloauth>`
      : writeSecurity(action, credential, url);
  return (
    '<?xml version="1.0" encoding="UTF-8"?>' +
    '<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/"' +
    ' xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"' +
    ` xmlns:par="${partnerNamespace}">` +
    `<soapenv:Header>${header}</soapenv:Header><soapenv:Body>${body}</soapenv:Body></soapenv:Envelope>`
  );
}

/** Requests the first page of the records that the filter selects. */
export function writeRetrieve(request: RetrieveBody, filter?: Filter): string {
  return writeRetrieveMessage(request, filter === undefined ? '' : writeFilter(filter));
}

/**
 * Requests the page after the one that had this RequestID.
 *
 * Marketing Cloud: clients disagree on what a continue request repeats, and the documentation does not say. They all
 * repeat everything but the filter; without the batch size the page size falls back to 2,500.
 */
export function writeContinue(request: RetrieveBody, requestId: string): string {
  return writeRetrieveMessage(request, `<ContinueRequest>${writeText(requestId)}</ContinueRequest>`);
}

export function writeSystemStatus(): string {
  return `<SystemStatusRequestMsg xmlns="${partnerNamespace}"><Options/></SystemStatusRequestMsg>`;
}

export interface ExtractBody {
  /** Which extract: the ObjectID of an ExtractDescription. */
  readonly extractId: string;
  /** The business unit, where the credentials do not say it. */
  readonly clientId?: number | undefined;
  readonly parameters: readonly (readonly [name: string, value: string])[];
}

/** Requests a file with data of the account. */
export function writeExtract({ extractId, clientId, parameters }: ExtractBody): string {
  const written = parameters.map(
    ([name, value]) =>
      `<Parameter><Name>${writeText(name)}</Name><Value>${writeText(value)}</Value></Parameter>`,
  );
  return (
    `<ExtractRequestMsg xmlns="${partnerNamespace}"><Requests>` +
    (clientId === undefined ? '' : `<Client><ID>${clientId}</ID></Client>`) +
    `<ID>${writeText(extractId)}</ID><Options/><Parameters>${written.join('')}</Parameters>` +
    '</Requests></ExtractRequestMsg>'
  );
}

/** The elements stand in the order of the schema, although the server is known to accept others. */
function writeRetrieveMessage(request: RetrieveBody, filterOrContinue: string): string {
  const { objectType, properties, pageSize, clientId, includesAccountsBelow, isOfArrivals } = request;
  if (properties.length === 0)
    throw new RequestInvalidError('A Retrieve needs properties: there is no wildcard');
  return (
    `<RetrieveRequestMsg xmlns="${partnerNamespace}"><RetrieveRequest>` +
    (clientId === undefined ? '' : `<ClientIDs><ID>${clientId}</ID></ClientIDs>`) +
    `<ObjectType>${writeText(objectType)}</ObjectType>` +
    properties.map((property) => `<Properties>${writeText(property)}</Properties>`).join('') +
    filterOrContinue +
    (includesAccountsBelow === true ? '<QueryAllAccounts>true</QueryAllAccounts>' : '') +
    (isOfArrivals === true ? '<RetrieveAllSinceLastBatch>true</RetrieveAllSinceLastBatch>' : '') +
    `<Options><BatchSize>${pageSize}</BatchSize></Options>` +
    '</RetrieveRequest></RetrieveRequestMsg>'
  );
}

function writeSecurity(
  action: SoapAction,
  credential: Extract<Credential, { kind: 'usernameToken' }>,
  url: string,
): string {
  const addressing = 'http://schemas.xmlsoap.org/ws/2004/08/addressing';
  return (
    `<wsa:Action xmlns:wsa="${addressing}">${action}</wsa:Action>` +
    `<wsa:MessageID xmlns:wsa="${addressing}">urn:uuid:${randomUUID()}</wsa:MessageID>` +
    `<wsa:ReplyTo xmlns:wsa="${addressing}"><wsa:Address>${addressing}/role/anonymous</wsa:Address></wsa:ReplyTo>` +
    `<wsa:To xmlns:wsa="${addressing}">${writeText(url)}</wsa:To>` +
    `<wsse:Security soapenv:mustUnderstand="1" xmlns:wsse="${wssePrefix}-wssecurity-secext-1.0.xsd">` +
    `<wsse:UsernameToken wsu:Id="SecurityToken-${randomUUID()}" xmlns:wsu="${wssePrefix}-wssecurity-utility-1.0.xsd">` +
    `<wsse:Username>${writeText(credential.username)}</wsse:Username>` +
    `<wsse:Password Type="${wssePrefix}-username-token-profile-1.0#PasswordText">` +
    `${writeText(credential.password)}</wsse:Password>` +
    '</wsse:UsernameToken></wsse:Security>'
  );
}
