/** A Retrieve that fails as Marketing Cloud fails them: HTTP 200, `OverallStatus` = `Error: <text>`. */
export class RetrieveRefusal extends Error {}

/** A SOAP fault, HTTP 500; the code without its prefix. */
export class FaultRefusal extends Error {
  readonly faultCode: 'Security' | 'Server' | 'Client';
  readonly apiCode: number | undefined;
  readonly apiMessage: string | undefined;

  constructor(
    faultCode: 'Security' | 'Server' | 'Client',
    text: string,
    detail?: { code: number; message?: string },
  ) {
    super(text);
    this.faultCode = faultCode;
    this.apiCode = detail?.code;
    this.apiMessage = detail === undefined ? undefined : (detail.message ?? text);
  }
}
