// Progress on stderr: on a terminal one line that is written again, elsewhere a line every few seconds.
import { clearInterval, setInterval } from 'node:timers';

const redrawMs = 500;
const lineEveryMs = 5000;

/** Shows what `describe` says and the seconds since the start, until stopped. */
export function showProgress(describe) {
  const { stderr } = process;
  const startedAt = Date.now();
  const line = () => `${describe()}, ${Math.round((Date.now() - startedAt) / 1000)} s`;
  const draw = stderr.isTTY ? () => stderr.write(`\r\u001b[K${line()}`) : () => stderr.write(`${line()}\n`);
  draw();
  const timer = setInterval(draw, stderr.isTTY ? redrawMs : lineEveryMs);
  return {
    stop() {
      clearInterval(timer);
      draw();
      if (stderr.isTTY) stderr.write('\n');
    },
  };
}
