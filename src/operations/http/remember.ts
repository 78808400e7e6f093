/** One reading for all readers within `maxAgeMs`; a failure is not remembered, so the next reader asks again. */
export function remember<T>(read: () => Promise<T>, now: () => Date, maxAgeMs: number): () => Promise<T> {
  let latest: { at: number; value: Promise<T> } | undefined;
  return () => {
    const at = now().getTime();
    if (latest === undefined || Math.abs(at - latest.at) > maxAgeMs) {
      const value = read();
      latest = { at, value };
      value.catch(() => (latest = undefined));
    }
    return latest.value;
  };
}
