const redacted = '[redacted]';

/** A shorter text is part of ordinary words: replacing it would hide what people have to read. */
const secretCharsMin = 8;

/** Tokens live for 18 minutes; older ones than the last of this many are worth nothing. */
const secretsMax = 200;

/** Values, the latest last. */
const secrets = new Set<string>();

/** Keeps a secret of this process out of every text that is shown, logged or stored, wherever it is quoted. */
export function rememberSecret(secret: string): void {
  if (secret.length < secretCharsMin) return;
  secrets.delete(secret);
  secrets.add(secret);
  const [oldest] = secrets;
  if (secrets.size > secretsMax && oldest !== undefined) secrets.delete(oldest);
}

/** The text with each known secret replaced. */
export function hideSecrets(text: string): string {
  let hidden = text;
  for (const secret of secrets) if (hidden.includes(secret)) hidden = hidden.replaceAll(secret, redacted);
  return hidden;
}
