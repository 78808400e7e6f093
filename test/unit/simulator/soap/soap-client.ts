import type { Simulator } from '../../../../simulator/http/server.ts';

export interface RetrieveOptions {
  readonly objectType: string;
  readonly properties: readonly string[];
  readonly filter?: string;
  readonly batchSize?: number;
  readonly continueRequest?: string;
  readonly extra?: string;
}

export interface SoapReply {
  readonly status: number;
  readonly text: string;
  readonly overallStatus: string | undefined;
  readonly requestId: string | undefined;
  /** Each `Results` element as text. */
  readonly records: readonly string[];
}

/** A token of one business unit, as the package's own credentials get it. */
export async function fetchToken(simulator: Simulator, accountId?: number): Promise<string> {
  const response = await postToken(
    simulator,
    accountId === undefined ? {} : { account_id: String(accountId) },
  );
  const answer: unknown = await response.json();
  return typeof answer === 'object' && answer !== null && 'access_token' in answer
    ? String(answer.access_token)
    : '';
}

export async function postToken(simulator: Simulator, fields: object): Promise<Response> {
  const { SFMC_CLIENT_ID: client_id, SFMC_CLIENT_SECRET: client_secret } = simulator.environment();
  return await fetch(`${simulator.url}/v2/token`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ grant_type: 'client_credentials', client_id, client_secret, ...fields }),
  });
}

/** One Retrieve, in an envelope as most clients write it. */
export async function retrieve(
  simulator: Simulator,
  token: string,
  options: RetrieveOptions,
): Promise<SoapReply> {
  return await postSoap(simulator, retrieveEnvelope(token, options));
}

/** All pages of a Retrieve, continued as the pipeline continues: object type and properties again, no filter. */
export async function retrieveAll(
  simulator: Simulator,
  token: string,
  { filter, ...options }: RetrieveOptions,
): Promise<SoapReply[]> {
  const pages = [
    await retrieve(simulator, token, { ...options, ...(filter === undefined ? {} : { filter }) }),
  ];
  for (;;) {
    const last = pages.at(-1);
    if (last?.overallStatus !== 'MoreDataAvailable' || pages.length > 100) return pages;
    pages.push(await retrieve(simulator, token, { ...options, continueRequest: last.requestId ?? '' }));
  }
}

export function retrieveEnvelope(token: string, options: RetrieveOptions): string {
  const { objectType, properties, filter = '', batchSize, continueRequest, extra = '' } = options;
  return envelope(
    token,
    `<RetrieveRequestMsg xmlns="http://exacttarget.com/wsdl/partnerAPI"><RetrieveRequest>${extra}<ObjectType>${objectType}</ObjectType>` +
      properties.map((property) => `<Properties>${property}</Properties>`).join('') +
      filter +
      (continueRequest === undefined ? '' : `<ContinueRequest>${continueRequest}</ContinueRequest>`) +
      (batchSize === undefined ? '' : `<Options><BatchSize>${batchSize}</BatchSize></Options>`) +
      '</RetrieveRequest></RetrieveRequestMsg>',
  );
}

export function envelope(token: string, body: string): string {
  return (
    '<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">' +
    `<s:Header><fueloauth xmlns="http://exacttarget.com">${token}</fueloauth></s:Header><s:Body>${body}</s:Body></s:Envelope>`
  );
}

export async function postSoap(
  simulator: Simulator,
  body: string,
  { action = 'Retrieve', path = '/Service.asmx', contentType = 'text/xml; charset=utf-8' } = {},
): Promise<SoapReply> {
  const response = await fetch(simulator.url + path, {
    method: 'POST',
    headers: { 'Content-Type': contentType, SOAPAction: action },
    body,
  });
  const text = await response.text();
  return {
    status: response.status,
    text,
    overallStatus: /<OverallStatus>([^<]*)</.exec(text)?.[1],
    requestId: /<RequestID>([^<]*)</.exec(text)?.[1],
    records: text.match(/<Results .*?<\/Results>/gs) ?? [],
  };
}

export function simpleFilter(
  property: string,
  operator: string,
  values: readonly string[],
  tag = 'Value',
): string {
  return `<Filter xsi:type="SimpleFilterPart">${conditions(property, operator, values, tag)}</Filter>`;
}

export function andFilter(...operands: readonly [string, string, readonly string[], string?][]): string {
  const [left = '', right = ''] = operands.map((one) => conditions(...one));
  return (
    `<Filter xsi:type="p:ComplexFilterPart" xmlns:p="http://exacttarget.com/wsdl/partnerAPI">` +
    `<LeftOperand xsi:type="p:SimpleFilterPart">${left}</LeftOperand><LogicalOperator>AND</LogicalOperator>` +
    `<RightOperand xsi:type="p:SimpleFilterPart">${right}</RightOperand></Filter>`
  );
}

function conditions(property: string, operator: string, values: readonly string[], tag = 'Value'): string {
  const texts = values.map((value) => `<${tag}>${value}</${tag}>`).join('');
  return `<Property>${property}</Property><SimpleOperator>${operator}</SimpleOperator>${texts}`;
}

/** The text of an element in a record, undefined where it is absent. */
export function textOf(record: string, name: string): string | undefined {
  return new RegExp(`<${name}>([^<]*)</${name}>`).exec(record)?.[1];
}
