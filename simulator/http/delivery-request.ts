import { type Delivery, type SimulatedEventType, simulatedEventTypes } from '../world/truth.ts';

export interface DeliveryRequest {
  readonly accountId: number;
  readonly jobId: number;
  readonly delivery: Delivery;
}

const expected =
  'a delivery must be {"account":…,"job":…,"withheld":{"every":…,"types":[…],"until":"…"},"doubled":{"every":…,"types":[…],"laterByMs":…}}';

/**
 * Reads what the service is to withhold and double of a job.
 *
 * @throws {TypeError} saying what the request must look like.
 */
export function parseDeliveryRequest(json: unknown): DeliveryRequest {
  const [account, job] = [field(json, 'account'), field(json, 'job')];
  if (typeof account !== 'number' || typeof job !== 'number') throw new TypeError(expected);
  const withheld = field(json, 'withheld');
  const doubled = field(json, 'doubled');
  return {
    accountId: account,
    jobId: job,
    delivery: {
      ...(withheld === undefined ? {} : { withheld: { ...everyNth(withheld), ...until(withheld) } }),
      ...(doubled === undefined ? {} : { doubled: { ...everyNth(doubled), ...laterBy(doubled) } }),
    },
  };
}

function everyNth(json: unknown): { every: number; types?: readonly SimulatedEventType[] } {
  const [every, types] = [field(json, 'every'), field(json, 'types')];
  if (typeof every !== 'number' || !Number.isInteger(every) || every < 1) throw new TypeError(expected);
  if (types === undefined) return { every };
  if (!Array.isArray(types)) throw new TypeError(expected);
  return {
    every,
    types: types.map((name: unknown) => {
      const type = simulatedEventTypes.find((one) => one === name);
      if (type === undefined) throw new TypeError(`types must be some of ${simulatedEventTypes.join(', ')}`);

      return type;
    }),
  };
}

function until(json: unknown): { until?: Date } {
  const text = field(json, 'until');
  if (text === undefined) return {};
  const instant = new Date(typeof text === 'string' ? text : NaN);
  if (Number.isNaN(instant.getTime())) throw new TypeError('until must be an ISO date');
  return { until: instant };
}

function laterBy(json: unknown): { laterByMs?: number } {
  const laterByMs = field(json, 'laterByMs');
  if (laterByMs === undefined) return {};
  if (typeof laterByMs !== 'number') throw new TypeError(expected);
  return { laterByMs };
}

function field(json: unknown, name: string): unknown {
  if (typeof json !== 'object' || json === null) throw new TypeError(expected);
  return new Map<string, unknown>(Object.entries(json)).get(name);
}
