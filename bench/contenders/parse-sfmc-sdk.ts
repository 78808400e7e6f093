import Soap from 'sfmc-sdk/soap';
import { axiosInstance } from 'sfmc-sdk/util';
import { z } from 'zod';
import { requestedProperties } from '../../src/events/define-event.ts';
import type { ContenderOptions, Work } from '../processes/work.ts';
import { definitionOf } from '../support/events.ts';
import { renderPage } from '../support/pages.ts';

const responseShape = z.object({ Results: z.array(z.unknown()) });

/** sfmc-sdk's own Retrieve, with an HTTP client that reads from memory; parser and options are its own. */
export function parseSfmcSdk({ type, pages }: ContenderOptions): Work {
  const batch = { type, number: 0, pages };
  const bodies = Array.from({ length: pages }, (_, page) => renderPage(batch, page));
  let [body] = bodies;
  axiosInstance.defaults.adapter = (config) =>
    Promise.resolve({ data: body?.toString('utf8'), status: 200, statusText: 'OK', headers: {}, config });
  const auth = {
    authObject: { soap_instance_url: 'http://127.0.0.1/', access_token: 'none' },
    getAccessToken: () => Promise.resolve(),
  };
  const soap = new Soap(auth, { requestAttempts: 1 });
  const definition = definitionOf(type);
  return {
    async run() {
      let records = 0;
      for (body of bodies) {
        const response: unknown = await soap.retrieve(definition.objectType, [
          ...requestedProperties(definition),
        ]);
        records += responseShape.parse(response).Results.length;
      }
      return records;
    },
  };
}
