import { isIPv4 } from 'node:net';

/**
 * Whether a host name or address means this machine, so that no packet leaves it: `localhost` and names under
 * it, 127.0.0.0/8, and `::1` with or without brackets.
 */
export function isLoopbackHost(host: string): boolean {
  const name = host.toLowerCase();
  if (name === 'localhost' || name.endsWith('.localhost')) return true;
  return (isIPv4(name) && name.startsWith('127.')) || /^(::1|\[::1\])$/u.test(name);
}

/** Whether a URL leads to this machine; false for what is no URL. */
export function isLoopbackUrl(text: string): boolean {
  return isLoopbackHost(URL.parse(text)?.hostname ?? '');
}
