import { userInfo } from 'node:os';

/** Who runs this process. A container may run under a number that has no entry in /etc/passwd. */
export function currentUser(): string {
  try {
    return userInfo().username;
  } catch {
    return `uid ${process.getuid?.() ?? 'unknown'}`;
  }
}
