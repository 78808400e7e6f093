import { createHash } from 'node:crypto';

/** The key of a server as a person pinned it. */
export interface PinnedKey {
  /** As ssh-keygen writes it: `SHA256:` and 43 characters. */
  readonly fingerprint: string;
  /** Undefined where only the fingerprint is known. */
  readonly type: string | undefined;
}

/**
 * Reads a fingerprint (`SHA256:…`), a public key (`ssh-ed25519 AAAA…`) or a line of ssh-keyscan or known_hosts, which has
 * the host before it; undefined where it is none.
 */
export function parseHostKey(text: string): PinnedKey | undefined {
  const words = text.trim().split(/\s+/u);
  const fingerprint = words.find((word) => /^SHA256:[A-Za-z0-9+/]{43}=?$/u.test(word));
  if (fingerprint !== undefined) return { fingerprint: fingerprint.replace(/=$/u, ''), type: undefined };
  const at = words.findIndex((word) => /^(ssh|ecdsa)-[\w@.-]+$/u.test(word));
  const key = Buffer.from(words[at + 1] ?? '', 'base64');
  const type = typeOfKey(key);
  if (at === -1 || type === undefined || type !== words[at]) return undefined;
  return { fingerprint: fingerprintOf(key), type };
}

export function fingerprintOf(key: Buffer): string {
  return `SHA256:${createHash('sha256').update(key).digest('base64').replace(/=+$/u, '')}`;
}

/** A public key begins with the length of its type and the type. */
export function typeOfKey(key: Buffer): string | undefined {
  if (key.length < 8) return undefined;
  const length = key.readUInt32BE(0);
  return length > 64 || length + 4 > key.length ? undefined : key.toString('latin1', 4, 4 + length);
}
