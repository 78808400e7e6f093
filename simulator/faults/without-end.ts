import type { ResultSet } from '../soap/query/event-query.ts';

/** A result that never ends: its own records, then copies of them, each with a subscriber key of its own. */
export function withoutEnd(result: ResultSet): ResultSet {
  const { size } = result;
  if (size === 0 || size === Infinity) return result;
  return {
    ...result,
    size: Infinity,
    render: (place) => {
      const record = result.render(place % size);
      return place < size ? record : record.replace('<SubscriberKey>', `<SubscriberKey>${place}-`);
    },
  };
}
