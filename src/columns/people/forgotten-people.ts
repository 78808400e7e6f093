import { hash } from 'node:crypto';

/** The people who were forgotten, as digests: whether a person is among them can be said, who they are cannot. */
export interface ForgottenPeople {
  /** It has those who were forgotten up to this version of `pipeline.privacy`. */
  readonly version: number;
  readonly isEmpty: boolean;
  /** Takes a key as it is stored. */
  has(subscriberKey: string): boolean;
}

export const noForgottenPeople: ForgottenPeople = { version: 0, isEmpty: true, has: () => false };

export function forgottenPeople(
  version: number,
  digestKey: string,
  digests: ReadonlySet<string>,
): ForgottenPeople {
  return {
    version,
    isEmpty: digests.size === 0,
    has: (subscriberKey) => digests.has(personDigest(digestKey, subscriberKey)),
  };
}

/**
 * In hexadecimal. The key is a block of random text before the person's, so that keys cannot be tried out without it.
 * One call of the runtime: an HMAC would take four times as long, and each row of a page is looked up.
 */
export function personDigest(digestKey: string, subscriberKey: string): string {
  return hash('sha256', digestKey + subscriberKey, 'hex');
}
