import type { ServerResponse } from 'node:http';
import { clearInterval, setInterval } from 'node:timers';
import type { StatusReport } from '../../store/status/report.ts';

/** Open pages, which get a server-sent event when the report changes. */
export interface LivePages {
  /** Keeps the response open; false where too many are. */
  add(response: ServerResponse): boolean;
  stop(): void;
}

export interface LiveOptions {
  readonly readReport: () => Promise<StatusReport>;
  /** How often the report is read while a page is open. */
  readonly everyMs: number;
}

/** Each holds a connection; more than a team has open are a mistake. */
const pagesMax = 50;

/** Lag grows all the time: without another change a page is renewed this often, in readings. */
const readingsPerRenewal = 10;

export function createLivePages({ readReport, everyMs }: LiveOptions): LivePages {
  const pages = new Set<ServerResponse>();
  let known: string | undefined;
  let readings = 0;
  let timer: NodeJS.Timeout | undefined;

  const send = (event: 'changed' | 'away') => {
    for (const page of pages) page.write(`event: ${event}\ndata: \n\n`);
  };
  const look = async (): Promise<void> => {
    try {
      const current = fingerprintOf(await readReport());
      readings += 1;
      if (current !== known || readings >= readingsPerRenewal) {
        send('changed');
        readings = 0;
      }
      known = current;
    } catch {
      known = 'away';
      send('away');
    }
  };
  const stop = () => {
    clearInterval(timer);
    timer = undefined;
    known = undefined;
  };
  return {
    add(response) {
      if (pages.size >= pagesMax) return false;
      pages.add(response);
      response.on('close', () => {
        pages.delete(response);
        if (pages.size === 0) stop();
      });
      response.write('retry: 3000\n\n');
      // Something may have changed since the page was made.
      readings = readingsPerRenewal;
      timer ??= setInterval(() => void look(), everyMs);
      return true;
    },
    stop,
  };
}

/** What moves by itself, the time and with it the lag, is no change; nor is housekeeping that succeeded. */
function fingerprintOf(report: StatusReport): string {
  return JSON.stringify(report, (key, value: unknown) =>
    ['reportedAt', 'lagSeconds', 'startedAt', 'finishedAt', 'succeededAt'].includes(key) ? undefined : value,
  );
}
