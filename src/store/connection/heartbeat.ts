/** How often a session that holds locks says that its process lives. */
const beatMs = 5_000;

/** Without a sign of life for this long, the server ends the session, and with it its locks. */
const silenceSecondsMax = 20;

/**
 * The setting by which the server ends the session of a process that was suspended, or whose machine vanished. It has to
 * be on when a lock is taken, not after: a process may be suspended between any two statements.
 */
export const heartbeatSetting = {
  name: 'idle_session_timeout',
  on: `${silenceSecondsMax}s`,
  /** For a connection that goes back into a pool. */
  off: '0',
} as const;

/** A beat that has no response after as many more of them was lost with the connection. */
const silentBeatsMax = (silenceSecondsMax * 1000) / beatMs;

/**
 * Sends a statement every five seconds, so that the server sees that the process lives, and the process that the server
 * does; `onSilence` is called once where it does not. Returns how to end it.
 */
export function beat(
  connection: { query(text: string): Promise<unknown> },
  onSilence: () => void,
): () => void {
  let silentBeats = 0;
  let isWaiting = false;
  const timer = setInterval(() => {
    if (isWaiting) {
      silentBeats += 1;
      if (silentBeats === silentBeatsMax) onSilence();
      return;
    }
    isWaiting = true;
    connection.query('select').then(
      () => {
        isWaiting = false;
        silentBeats = 0;
      },
      // A broken connection reports itself to who uses it.
      () => undefined,
    );
  }, beatMs);
  return () => clearInterval(timer);
}
