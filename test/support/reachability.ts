import { Reachability } from '../../src/marketing-cloud/transport/reachability.ts';

/** Every service has responded before, or none has. */
export function reachabilityWhere(hasResponded: boolean): Reachability {
  return new Reachability({
    memory: { hasResponded: () => Promise.resolve(hasResponded), remember: () => Promise.resolve() },
    now: () => new Date(),
  });
}
