import type { ResultSet } from '../soap/query/event-query.ts';

/** A result that lacks every n-th of its records, and says nothing of it. */
export function leavingOut(result: ResultSet, every: number): ResultSet {
  const kept = result.size - Math.floor(result.size / every);
  return {
    ...result,
    size: kept,
    render: (place) => result.render(place + Math.floor(place / Math.max(every - 1, 1))),
  };
}
