import type { Transport } from './transport.ts';

/** The kind of a request that has no SOAP action: one for a token. */
const tokenKind = 'token';

/** The same transport; each request is passed on as it leaves, by its SOAP action. */
export function countRequests(transport: Transport, onRequest: (kind: string) => void): Transport {
  return {
    post(request, signal) {
      onRequest(request.headers['soapaction'] ?? tokenKind);
      return transport.post(request, signal);
    },
    close: () => transport.close(),
  };
}
