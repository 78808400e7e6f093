// Keys that break careless code: leading zeros, exponents, markup, spaces, emoji, numbers beyond 2^63.
const oddKeys = [
  '007',
  '1e5',
  'anna&bert@example.com',
  '<none>',
  'carla+news@example.com',
  ' leading@example.com',
  '12345678901234567890',
  'dörte.😀@example.com',
  'true',
  'NULL',
  "o'neil@example.com",
  'trailing@example.com ',
  '"quoted"@example.com',
];

// Prime, so that two people without a key never share a clock tick of a dense send.
const withoutKeyEvery = 997;

/** The key of a subscriber by number; null for the few that have none. */
export function subscriberKeyOf(subscriber: number): string | null {
  if (!hasKey(subscriber)) return null;
  const odd = oddKeys[subscriber];
  if (odd !== undefined) return odd;
  return subscriber % 7 === 3
    ? `00D-${subscriber.toString().padStart(9, '0')}`
    : `person${subscriber}@example.com`;
}

/** Whether events of this subscriber at one instant differ from those of another. */
export function hasKey(subscriber: number): boolean {
  return subscriber % withoutKeyEvery !== 500;
}

/** The numeric id of a subscriber. */
export function subscriberIdOf(subscriber: number): number {
  return 40_000_000 + subscriber;
}
