import { createHmac, createSecretKey } from 'node:crypto';
import { type ObjectDefinition, requestedProperties } from '../../events/define-event.ts';

/** Keyed hashes in the place of people’s keys: the same person has the same hash everywhere. */
export interface Pseudonyms {
  /** HMAC-SHA256 of the key as it was sent, in hexadecimal. */
  keyOf(subscriberKey: string): string;
  /** A text without addresses; the person's key where it stands in it becomes its hash. */
  textOf(text: string, subscriberKey: string | null): string;
  /** Says whether a secret is this one, and nothing of it. */
  readonly secretCheck: string;
}

// A shorter key is part of ordinary words and numbers.
const keyCharsInTextMin = 6;

const address = /[\p{L}\p{N}._%+-]+(?:@|%40)[\p{L}\p{N}-]+(?:\.[\p{L}\p{N}-]+)+/giu;

/** What stands for an address in a text. */
const hiddenAddress = '[address]';

export function createPseudonyms(secret: string): Pseudonyms {
  const key = createSecretKey(Buffer.from(secret, 'utf8'));
  const keyOf = (text: string) => createHmac('sha256', key).update(text).digest('hex');
  return {
    keyOf,
    textOf(text, subscriberKey) {
      let hidden = text;
      if (subscriberKey !== null && subscriberKey.length >= keyCharsInTextMin) {
        for (const form of new Set([subscriberKey, encodeURIComponent(subscriberKey.toWellFormed())]))
          if (hidden.includes(form)) hidden = hidden.replaceAll(form, () => keyOf(subscriberKey));
      }
      return withoutAddresses(hidden);
    },
    secretCheck: createHmac('sha256', key)
      .update('sfmc-tracking checks its secret with this text')
      .digest('hex'),
  };
}

export function withoutAddresses(text: string): string {
  return text.includes('@') || text.includes('%40') ? text.replaceAll(address, hiddenAddress) : text;
}

/**
 * Returns a function that takes people out of the values of a record, which are in the order of the requested properties:
 * keys become hashes, ids are left out, addresses and keys within texts are replaced. It returns the same array each time.
 */
export function pseudonymizer(
  definition: ObjectDefinition,
  pseudonyms: Pseudonyms,
): (values: readonly (string | null)[]) => readonly (string | null)[] {
  const parts = Object.values(definition.columns).map(({ person }) => person);
  const keyPosition = requestedProperties(definition).indexOf('SubscriberKey');
  const hidden: (string | null)[] = [];
  return (values) => {
    const subscriberKey = values[keyPosition] ?? null;
    hidden.length = values.length;
    values.forEach((value, position) => {
      const part = parts[position - 1];
      hidden[position] =
        value === null || value === '' ? value : hiddenValue(value, part, subscriberKey, pseudonyms);
    });
    return hidden;
  };
}

function hiddenValue(
  value: string,
  part: 'key' | 'id' | 'text' | undefined,
  subscriberKey: string | null,
  pseudonyms: Pseudonyms,
): string | null {
  switch (part) {
    case 'key':
      return pseudonyms.keyOf(value);
    case 'id':
      return null;
    case 'text':
      return pseudonyms.textOf(value, subscriberKey);
    case undefined:
      return value;
  }
}
