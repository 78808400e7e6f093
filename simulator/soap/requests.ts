import { FaultRefusal, RetrieveRefusal } from './refusals.ts';
import { childOf, childrenOf, deepText, findByName, parseXml, type XmlElement } from './xml-tree.ts';

const partnerApi = 'http://exacttarget.com/wsdl/partnerAPI';
const xsi = 'http://www.w3.org/2001/XMLSchema-instance';
/** The namespace of each version's envelope. */
export const envelopes: Readonly<Record<SoapVersion, string>> = {
  '1.1': 'http://schemas.xmlsoap.org/soap/envelope/',
  '1.2': 'http://www.w3.org/2003/05/soap-envelope',
};

export type FilterPart = SimpleFilter | ComplexFilter;

export interface SimpleFilter {
  readonly kind: 'simple';
  readonly property: string;
  readonly operator: string;
  readonly values: readonly string[];
}

interface ComplexFilter {
  readonly kind: 'complex';
  readonly operator: 'AND' | 'OR';
  readonly operands: readonly FilterPart[];
}

export interface RetrieveRequest {
  readonly objectType: string;
  readonly properties: readonly string[];
  readonly filter: FilterPart | undefined;
  readonly continueRequest: string | undefined;
  /** Business units requested by `ClientIDs` or, the older form, `Options/Client`. */
  readonly accountIds: readonly number[];
  readonly batchSize: number | undefined;
  readonly isForAllAccounts: boolean;
  readonly isSinceLastBatch: boolean;
}

export type SoapVersion = '1.1' | '1.2';

export interface SoapRequest {
  readonly soapVersion: SoapVersion;
  /** Local name of the body's element, such as `RetrieveRequestMsg`. */
  readonly message: string;
  readonly body: XmlElement;
  readonly messageId: string | undefined;
  readonly token: string | undefined;
  readonly username: string | undefined;
  readonly password: string | undefined;
}

/**
 * Reads an envelope of SOAP 1.1 or 1.2, its header before or after its body.
 *
 * @throws {FaultRefusal} when it is no request that the service can read.
 */
export function parseSoapRequest(text: string): SoapRequest {
  const envelope = readEnvelope(text);
  const header = childOf(envelope, envelope.namespace, 'Header');
  const [message] = childOf(envelope, envelope.namespace, 'Body')?.children ?? [];
  if (message?.namespace !== partnerApi)
    throw new FaultRefusal('Client', 'Server was unable to read request. ---> The message body is missing.');

  const security = findByName(header, 'UsernameToken');
  const token = findByName(header, 'fueloauth');
  return {
    soapVersion: envelope.namespace === envelopes['1.2'] ? '1.2' : '1.1',
    message: message.name,
    body: message,
    messageId: trimmed(header?.children.find((child) => child.name === 'MessageID')),
    token: token === undefined ? undefined : deepText(token).trim(),
    username: trimmed(security?.children.find((child) => child.name === 'Username')),
    password: security?.children.find((child) => child.name === 'Password')?.text,
  };
}

/** What a Retrieve asks for; elements outside `RetrieveRequest` and of other namespaces are not seen. */
export function parseRetrieve(body: XmlElement): RetrieveRequest {
  const request = childOf(body, partnerApi, 'RetrieveRequest');
  const options = childOf(request, partnerApi, 'Options');
  const filter = childOf(request, partnerApi, 'Filter');
  const clients = [
    ...childrenOf(request, partnerApi, 'ClientIDs'),
    ...childrenOf(options, partnerApi, 'Client'),
  ];
  return {
    objectType: trimmed(childOf(request, partnerApi, 'ObjectType')) ?? '',
    properties: childrenOf(request, partnerApi, 'Properties').map((property) => property.text.trim()),
    filter: filter === undefined ? undefined : parseFilter(filter),
    continueRequest: trimmed(childOf(request, partnerApi, 'ContinueRequest')),
    accountIds: clients
      .flatMap((client) => [
        ...childrenOf(client, partnerApi, 'ID'),
        ...childrenOf(client, partnerApi, 'ClientID'),
      ])
      .map((id) => Number(id.text)),
    batchSize: positive(trimmed(childOf(options, partnerApi, 'BatchSize'))),
    isForAllAccounts: trimmed(childOf(request, partnerApi, 'QueryAllAccounts')) === 'true',
    isSinceLastBatch: trimmed(childOf(request, partnerApi, 'RetrieveAllSinceLastBatch')) === 'true',
  };
}

/** Object types that a Describe asks about. */
export function parseDescribe(body: XmlElement): string[] {
  return childrenOf(body, partnerApi, 'DescribeRequests')
    .flatMap((requests) => childrenOf(requests, partnerApi, 'ObjectDefinitionRequest'))
    .map((request) => trimmed(childOf(request, partnerApi, 'ObjectType')) ?? '');
}

function readEnvelope(text: string): XmlElement {
  let envelope: XmlElement;
  try {
    envelope = parseXml(text);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new FaultRefusal(
      'Client',
      `Server was unable to read request. ---> There is an error in XML document. ---> ${reason}`,
    );
  }
  if (envelope.name !== 'Envelope' || !Object.values(envelopes).includes(envelope.namespace))
    throw new FaultRefusal('Client', 'Server was unable to read request. ---> The root is no SOAP envelope.');

  return envelope;
}

// The three texts for malformed filters are those that users report from live accounts.
function parseFilter(element: XmlElement): FilterPart {
  const type = element.attributes.get(`{${xsi}}type`)?.split(':').at(-1);
  if (type === 'SimpleFilterPart') return parseSimple(element);
  if (type !== 'ComplexFilterPart')
    throw new RetrieveRefusal('Unknown filter of type FilterPart encountered');
  const left = childOf(element, partnerApi, 'LeftOperand');
  const right = childOf(element, partnerApi, 'RightOperand');
  const operator = trimmed(childOf(element, partnerApi, 'LogicalOperator'));
  if (left === undefined || right === undefined || (operator !== 'AND' && operator !== 'OR'))
    throw new RetrieveRefusal("Incorrect syntax near the keyword 'AND'");

  const additional = childrenOf(element, partnerApi, 'AdditionalOperands').flatMap((operands) =>
    childrenOf(operands, partnerApi, 'Operand'),
  );
  return { kind: 'complex', operator, operands: [left, right, ...additional].map(parseFilter) };
}

function parseSimple(element: XmlElement): SimpleFilter {
  const operator = trimmed(childOf(element, partnerApi, 'SimpleOperator')) ?? 'equals';
  const property = trimmed(childOf(element, partnerApi, 'Property'));
  // Dates may come as Value, too: several clients know no other way.
  const values = [
    ...childrenOf(element, partnerApi, 'Value'),
    ...childrenOf(element, partnerApi, 'DateValue'),
  ].map((value) => value.text);
  const needed = operator === 'between' ? 2 : operator === 'isNull' || operator === 'isNotNull' ? 0 : 1;
  if (property === undefined || values.length < needed)
    throw new RetrieveRefusal(`Invalid argument for the ${operator} operator. Filter array cannot be null.`);

  return { kind: 'simple', property, operator, values };
}

function trimmed(element: XmlElement | undefined): string | undefined {
  const text = element?.text.trim();
  return text === '' ? undefined : text;
}

function positive(text: string | undefined): number | undefined {
  const value = Number(text);
  return Number.isInteger(value) && value > 0 ? value : undefined;
}
