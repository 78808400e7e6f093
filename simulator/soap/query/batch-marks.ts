import type { RetrieveRequest } from '../requests.ts';

/** Up to when each client has received what arrived, by the filter and the properties of its request. */
export interface BatchMarks {
  of(
    request: RetrieveRequest,
    context: { readonly accountIds: readonly number[]; readonly nowMs: number },
  ): { readonly sinceMs: number; readonly move: () => void };
}

/** Marketing Cloud: the mark moves when it responds, whether or not the client receives it. */
export function createBatchMarks(): BatchMarks {
  const marks = new Map<string, number>();
  return {
    of: ({ objectType, properties, filter }, { accountIds, nowMs }) => {
      const key = JSON.stringify([accountIds, objectType, properties, filter]);
      return { sinceMs: marks.get(key) ?? -Infinity, move: () => marks.set(key, nowMs) };
    },
  };
}
