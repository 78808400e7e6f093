import { appendFileSync, existsSync, readFileSync } from 'node:fs';
import { setInterval } from 'node:timers';

// Loaded into the product's process by `--import`: tells what the process used, now and then and at its end.
// Plain JavaScript: what Node strips types with would take 17 MB of the memory that is measured.
const file = process.env['BENCH_USAGE_FILE'];

function tell() {
  if (file === undefined) return;
  const { user, system } = process.cpuUsage();
  const usage = {
    at: Date.now(),
    cpuSeconds: (user + system) / 1e6,
    rssMb: peakKilobytes() / 1024,
  };
  appendFileSync(file, `${JSON.stringify(usage)}\n`);
}

/** Linux counts what the parent had when it started this process as this one's peak, but for the peak of its own memory. */
function peakKilobytes() {
  const status = '/proc/self/status';
  const own = existsSync(status)
    ? /^VmHWM:\s+(\d+) kB$/mu.exec(readFileSync(status, 'utf8'))?.[1]
    : undefined;
  return own === undefined ? process.resourceUsage().maxRSS : Number(own);
}

setInterval(tell, 250).unref();
process.on('exit', tell);
