/** The envelope as the service sends it, around a body. */
export function envelope(body: string): string {
  return (
    '<?xml version="1.0" encoding="utf-8"?><soap:Envelope xmlns:soap="http://schemas.xmlsoap.org/soap/envelope/"' +
    ' xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"><soap:Header><wsa:Action>RetrieveResponse</wsa:Action>' +
    '<wsse:Security><wsu:Timestamp wsu:Id="Timestamp-1"><wsu:Created>2024-03-10T08:00:00Z</wsu:Created>' +
    '</wsu:Timestamp></wsse:Security></soap:Header>' +
    `<soap:Body>${body}</soap:Body></soap:Envelope>`
  );
}

export function retrieved(records: string, status = 'OK', requestId = 'request-1'): string {
  const id = requestId === '' ? '' : `<RequestID>${requestId}</RequestID>`;
  return envelope(
    '<RetrieveResponseMsg xmlns="http://exacttarget.com/wsdl/partnerAPI">' +
      `<OverallStatus>${status}</OverallStatus>${id}${records}</RetrieveResponseMsg>`,
  );
}

export function fault(code: string, text: string, detailCode?: number): string {
  const detail =
    detailCode === undefined
      ? ''
      : `<detail><apifault xmlns="urn:fault.partner.exacttarget.com"><Code>${detailCode}</Code>` +
        `<Message>${text}</Message></apifault></detail>`;
  return envelope(
    `<soap:Fault><faultcode>${code}</faultcode><faultstring>${text}</faultstring>${detail}</soap:Fault>`,
  );
}

export function systemStatus(...statuses: string[]): string {
  const results = statuses
    .map((status) => `<Result><StatusCode>OK</StatusCode><SystemStatus>${status}</SystemStatus></Result>`)
    .join('');
  return envelope(
    `<SystemStatusResponseMsg><Results>${results}</Results><OverallStatus>OK</OverallStatus>` +
      '<OverallStatusMessage /><RequestID>request-1</RequestID></SystemStatusResponseMsg>',
  );
}

export const sentRecord = (subscriberKey: string): string =>
  '<Results xsi:type="SentEvent"><Client><ID>7000001</ID></Client><PartnerKey xsi:nil="true" />' +
  '<PartnerProperties><Name>ListID</Name><Value>321</Value></PartnerProperties>' +
  `<ObjectID xsi:nil="true" /><SendID>1543790</SendID><SubscriberKey>${subscriberKey}</SubscriberKey>` +
  '<EventDate>2024-03-10T02:30:00.007</EventDate><EventType>Sent</EventType><BatchID>1</BatchID></Results>';

/** Bytes of a text in chunks that end at the given places. */
export async function* inChunks(text: string | Uint8Array, ...cuts: number[]): AsyncGenerator<Uint8Array> {
  const bytes = typeof text === 'string' ? Buffer.from(text) : text;
  await Promise.resolve();
  let from = 0;
  for (const cut of [...cuts, bytes.byteLength]) {
    if (cut > from) yield bytes.subarray(from, cut);
    from = cut;
  }
}
