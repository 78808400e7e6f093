import { program } from '../../../../invocation.ts';
import type { Overview } from '../../../../store/status/overview.ts';
import { humanCount, humanInstant } from '../../../format.ts';
import { gateText } from '../../../report-text.ts';
import { type Html, html } from '../html.ts';
import { instant, section } from '../layout.ts';
import { pill } from '../pill.ts';
import { facts, table } from '../table.ts';

/** Whether requests may be sent, when that changed, how many were sent, and by whom. */
export function gateSection(overview: Overview): Html {
  const { gate, trends, processes } = overview;
  const { gateChanges: changes, requestsInThirtyDays: requests } = trends;
  return section(
    'gate',
    'Gate, requests, processes',
    html`${facts([
        ['Gate', pill(gate.state, gate.state === 'open' ? 'good' : 'bad')],
        ['Marketing Cloud reports', gate.systemStatus],
        ['Requests, runs of 30 days', requests],
        ['At this pace in a year', yearText(requests, overview.yearlyCalls)],
        ['Running processes', processes.length],
      ])}
      <p class="small">${gateText(overview)}</p>
      ${
        changes.length === 0
          ? html`<p class="small">The gate has not changed in the last year.</p>`
          : table(
              'When the gate changed',
              [{ title: 'At' }, { title: 'Gate' }, { title: 'Why' }],
              changes.map(({ changedAt, gate: state, systemStatus, reason }) => [
                instant(changedAt, 'second'),
                pill(state, state === 'open' ? 'good' : 'bad'),
                reason ?? systemStatus,
              ]),
            )
      }${
        processes.length === 0
          ? undefined
          : html`<details>
              <summary>
                ${humanCount(processes.length)} running ${processes.length === 1 ? 'process' : 'processes'}
              </summary>
              ${table(
                'Running processes',
                [{ title: 'Command' }, { title: 'Host' }, { title: 'Process' }, { title: 'Since' }],
                processes.map(({ command, host, pid, startedAt }) => [
                  command,
                  host,
                  String(pid),
                  humanInstant(startedAt),
                ]),
              )}
            </details>`
      }`,
    [`${program} status`, 'select * from pipeline.gate_changes order by changed_at desc'],
  );
}

/** Requests in a year, as a share of the allowance (YEARLY_API_CALLS). */
function yearText(requestsInThirtyDays: number, yearlyCalls: number): string {
  const requests = Math.round((requestsInThirtyDays * 365) / 30);
  const percent = Math.round((requests / yearlyCalls) * 1000) / 10;
  return `${humanCount(requests)}, ${percent} % of ${humanCount(yearlyCalls)} allowed`;
}
