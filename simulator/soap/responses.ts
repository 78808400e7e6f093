import { randomUUID } from 'node:crypto';

import type { ResultSet } from './query/event-query.ts';
import { propertiesOf } from './objects.ts';
import { escapeText } from './records.ts';
import type { FaultRefusal } from './refusals.ts';
import { envelopes, type SoapVersion } from './requests.ts';

export type SystemStatus = 'OK' | 'InMaintenance' | 'UnplannedOutage';

/** What each response's header says: which request it belongs to, and the server's clock in real UTC. */
export interface ResponseFrame {
  readonly relatesTo: string | undefined;
  readonly now: Date;
  readonly soapVersion: SoapVersion;
}

const wsse = 'http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd';
const partnerApi = 'http://exacttarget.com/wsdl/partnerAPI';
// Marketing Cloud: clients look up these very prefixes, `soap:` above all.
const envelopeStart = (soapVersion: SoapVersion): string =>
  `<?xml version="1.0" encoding="utf-8"?><soap:Envelope xmlns:soap="${envelopes[soapVersion]}"` +
  ' xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xmlns:xsd="http://www.w3.org/2001/XMLSchema"' +
  ' xmlns:wsa="http://schemas.xmlsoap.org/ws/2004/08/addressing"' +
  ` xmlns:wsse="${wsse}"` +
  ' xmlns:wsu="http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-utility-1.0.xsd">';
const envelopeEnd = '</soap:Body></soap:Envelope>';
// Large enough for few writes, small enough that a page never stands in memory whole.
const chunkLength = 64 * 1024;

export interface RetrieveResult {
  /** Null leaves the element out, which only a fault does. */
  readonly overallStatus: string | null;
  readonly requestId: string;
  readonly result?: ResultSet;
  readonly from?: number;
  readonly to?: number;
}

/** A Retrieve's response in pieces: status and RequestID come before the records. */
export function* retrieveResponse(frame: ResponseFrame, content: RetrieveResult): Generator<string> {
  const { overallStatus, requestId, result, from = 0, to = 0 } = content;
  let piece = `${start('RetrieveResponse', frame)}<RetrieveResponseMsg xmlns="${partnerApi}">`;
  if (overallStatus !== null) piece += element('OverallStatus', overallStatus);
  piece += element('RequestID', requestId);
  if (result !== undefined) {
    for (let place = from; place < to; place += 1) {
      piece += result.render(place);
      if (piece.length < chunkLength) continue;
      yield piece;
      piece = '';
    }
  }
  yield `${piece}</RetrieveResponseMsg>${envelopeEnd}`;
}

export function errorResponse(frame: ResponseFrame, overallStatus: string | null): string {
  return [...retrieveResponse(frame, { overallStatus, requestId: randomUUID() })].join('');
}

export function faultResponse(frame: ResponseFrame, fault: FaultRefusal, actor: string): string {
  if (frame.soapVersion === '1.2') return newerFaultResponse(frame, fault);
  // Marketing Cloud: the Security fault's code has a prefix of its own and its text no detail.
  const code =
    fault.faultCode === 'Security'
      ? `<faultcode xmlns:q0="${wsse}">q0:Security</faultcode>`
      : element('faultcode', `soap:${fault.faultCode}`);
  const text = element('faultstring', fault.message);
  if (fault.faultCode === 'Client')
    return `${envelopeStart('1.1')}<soap:Body><soap:Fault>${code}${text}<detail /></soap:Fault>${envelopeEnd}`;

  const detail = fault.apiCode === undefined ? '' : `<detail>${apiFault(fault)}</detail>`;
  return `${start(faultAction, frame)}<soap:Fault>${code}${text}${element('faultactor', actor)}${detail}</soap:Fault>${envelopeEnd}`;
}

/** The same in SOAP 1.2, whose codes have other names. */
function newerFaultResponse(frame: ResponseFrame, fault: FaultRefusal): string {
  const code = fault.faultCode === 'Server' ? 'soap:Receiver' : 'soap:Sender';
  const subcode =
    fault.faultCode === 'Security'
      ? `<soap:Subcode><soap:Value xmlns:q0="${wsse}">q0:Security</soap:Value></soap:Subcode>`
      : '';
  const detail = fault.apiCode === undefined ? '' : `<soap:Detail>${apiFault(fault)}</soap:Detail>`;
  return (
    `${start(faultAction, frame)}<soap:Fault><soap:Code>${element('soap:Value', code)}${subcode}</soap:Code><soap:Reason>` +
    `<soap:Text xml:lang="en">${escapeText(fault.message)}</soap:Text></soap:Reason>${detail}</soap:Fault>${envelopeEnd}`
  );
}

function apiFault({ apiCode, apiMessage = '' }: FaultRefusal): string {
  return (
    `<apifault xmlns="urn:fault.partner.exacttarget.com">${element('Code', String(apiCode))}` +
    `${element('Message', apiMessage)}</apifault>`
  );
}

const faultAction = 'http://schemas.xmlsoap.org/ws/2004/08/addressing/fault';

export function systemStatusResponse(frame: ResponseFrame, systemStatus: SystemStatus): string {
  return (
    `${start('GetSystemStatusResponse', frame)}<SystemStatusResponseMsg xmlns="${partnerApi}"><Results><Result>` +
    '<StatusCode>OK</StatusCode><StatusMessage>System Status Retrieved</StatusMessage>' +
    `${element('SystemStatus', systemStatus)}</Result></Results><OverallStatus>OK</OverallStatus>` +
    `<OverallStatusMessage />${element('RequestID', randomUUID())}</SystemStatusResponseMsg>${envelopeEnd}`
  );
}

/** Marketing Cloud: that a request was accepted says nothing of the file. */
export function extractResponse(frame: ResponseFrame, refusal: string | undefined): string {
  const [status, message] = refusal === undefined ? ['OK', 'Extract request accepted'] : ['Error', refusal];
  return (
    `${start('ExtractResponse', frame)}<ExtractResponseMsg xmlns="${partnerApi}">${element('OverallStatus', status)}` +
    `${element('RequestID', randomUUID())}<Results>${element('StatusCode', status)}${element('StatusMessage', message)}` +
    `<OrdinalID>0</OrdinalID></Results></ExtractResponseMsg>${envelopeEnd}`
  );
}

export function describeResponse(frame: ResponseFrame, objectTypes: readonly string[]): string {
  const nils = '<PartnerKey xsi:nil="true" /><ObjectID xsi:nil="true" />';
  const definitions = objectTypes.map((objectType) => {
    const properties = (propertiesOf(objectType) ?? []).map(
      ({ name, dataType, isRequired }) =>
        `<Properties>${nils}${element('Name', name)}${element('DataType', dataType)}<IsUpdatable>true</IsUpdatable>` +
        `<IsRetrievable>true</IsRetrievable>${element('IsRequired', String(isRequired))}</Properties>`,
    );
    return `<ObjectDefinition>${element('ObjectType', objectType)}${properties.join('')}</ObjectDefinition>`;
  });
  return (
    `${start('DescribeResponse', frame)}<DefinitionResponseMsg xmlns="${partnerApi}">${definitions.join('')}` +
    `${element('RequestID', randomUUID())}</DefinitionResponseMsg>${envelopeEnd}`
  );
}

export function versionResponse(frame: ResponseFrame): string {
  return (
    `${start('VersionInfoResponse', frame)}<VersionInfoResponseMsg xmlns="${partnerApi}"><VersionInfo>` +
    '<Version>simulator</Version></VersionInfo>' +
    `${element('RequestID', randomUUID())}</VersionInfoResponseMsg>${envelopeEnd}`
  );
}

function start(action: string, { relatesTo, now, soapVersion }: ResponseFrame): string {
  const created = now.toISOString().replace(/\.\d+Z$/, 'Z');
  const expires = new Date(now.getTime() + 5 * 60_000).toISOString().replace(/\.\d+Z$/, 'Z');
  return (
    `${envelopeStart(soapVersion)}<soap:Header>${element('wsa:Action', action)}` +
    element('wsa:MessageID', `urn:uuid:${randomUUID()}`) +
    element('wsa:RelatesTo', relatesTo ?? `urn:uuid:${randomUUID()}`) +
    '<wsa:To>http://schemas.xmlsoap.org/ws/2004/08/addressing/role/anonymous</wsa:To><wsse:Security>' +
    `<wsu:Timestamp wsu:Id="Timestamp-${randomUUID()}">${element('wsu:Created', created)}` +
    `${element('wsu:Expires', expires)}</wsu:Timestamp></wsse:Security></soap:Header><soap:Body>`
  );
}

function element(name: string, text: string): string {
  return text === '' ? `<${name} />` : `<${name}>${escapeText(text)}</${name}>`;
}
