import { appendFileSync } from 'node:fs';

// Loaded into the product's process by `--import`: tells what the process used, now and then and at its end.
const file = process.env['BENCH_USAGE_FILE'];

function tell(): void {
  if (file === undefined) return;
  const { user, system } = process.cpuUsage();
  const usage = {
    at: Date.now(),
    cpuSeconds: (user + system) / 1e6,
    rssMb: process.resourceUsage().maxRSS / 1024,
  };
  appendFileSync(file, `${JSON.stringify(usage)}\n`);
}

setInterval(tell, 250).unref();
process.on('exit', tell);
