import type { Environment } from '../../config/environment.ts';
import type { Output } from '../context.ts';
import { type Clock, clockIn } from './instants.ts';

/** A stream of the process as commands see it; its width is read anew each time, since a person may change it. */
export function terminalOf(stream: NodeJS.WriteStream, env: Environment): Output {
  return {
    write: (text) => stream.write(text),
    get isTTY() {
      return stream.isTTY;
    },
    get columns() {
      return stream.columns;
    },
    // Only where it is used: it takes a tenth of the time of a short command.
    get timeZone() {
      return new Intl.DateTimeFormat().resolvedOptions().timeZone;
    },
    // See https://no-color.org.
    isColored: stream.isTTY && (env['NO_COLOR'] ?? '') === '' && env['TERM'] !== 'dumb',
  };
}

/** Where no one has told how wide a terminal is. */
const defaultColumns = 80;

/** How wide a line may be; a file or a pipe has no width. */
export function columnsOf({ isTTY, columns = defaultColumns }: Output): number {
  return isTTY === true ? columns : Infinity;
}

/** How instants are written: for a person at a terminal in their own zone too, elsewhere in UTC alone. */
export function clockOf(output: Output): Clock {
  return clockIn(output.isTTY === true ? (output.timeZone ?? 'UTC') : 'UTC');
}
