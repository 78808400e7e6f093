/** How often a session that holds locks says that its process lives. */
const beatMs = 5_000;

/** Without a sign of life for this long, the server ends the session, and with it its locks. */
const silenceSecondsMax = 20;

/** Statements after which the server ends the session of a process that was suspended, or whose machine vanished. */
export const startHeartbeat = `set idle_session_timeout = '${silenceSecondsMax}s'`;

/** For a connection that goes back into a pool. */
export const endHeartbeat = 'set idle_session_timeout = 0';

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
