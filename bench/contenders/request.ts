import { Agent, request } from 'undici';
import type { ContenderOptions, Work } from '../processes/work.ts';

const requestsPerTurn = 500;

/** One POST after the other over a kept-alive connection, each response read to its end and thrown away. */
export function askBarely({ sourceUrl = '' }: ContenderOptions): Work {
  const dispatcher = new Agent();
  const body = '<?xml version="1.0" encoding="UTF-8"?><soapenv:Envelope/>';
  return {
    async run() {
      for (let count = 0; count < requestsPerTurn; count += 1) {
        const response = await request(`${sourceUrl}/Service.asmx`, { dispatcher, method: 'POST', body });
        await response.body.text();
      }
      return requestsPerTurn;
    },
    stop: () => dispatcher.close(),
  };
}
