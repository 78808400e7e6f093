import { program } from '../../../../invocation.ts';
import type { Overview } from '../../../../store/status/overview.ts';
import { humanCount, humanInstant } from '../../../format.ts';
import { gateText, reducedTexts } from '../../../report-text.ts';
import { percentText, yearlyPace } from '../../../allowance-text.ts';
import { type Html, html } from '../html.ts';
import { instant, section } from '../layout.ts';
import { pill } from '../pill.ts';
import { facts, table } from '../table.ts';

/** Whether requests may be sent, when that changed, how many were sent, and by whom. */
export function gateSection(overview: Overview): Html {
  const { trends, processes } = overview;
  const { gateChanges: changes } = trends;
  return section(
    'gate',
    'Gate, requests, processes',
    html`${gateFacts(overview)}
      <p class="small">${gateText(overview)}</p>
      ${reducedTexts(overview).map((text) => html`<p class="small">${text}</p>`)}
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

function gateFacts({ gate, allowance, processes, reportedAt }: Overview): Html {
  return facts([
    ['Gate', pill(gate.state, gate.state === 'open' ? 'good' : 'bad')],
    ['Marketing Cloud reports', gate.systemStatus],
    ['Requests today (UTC)', allowance.requestsToday],
    ['Requests in 365 days', allowance.requestsInYear],
    ['Yearly allowance used', shareText(allowance)],
    ['At the pace of the last days', paceText(allowance, reportedAt)],
    ['Running processes', processes.length],
  ]);
}

function shareText({ share, yearlyCalls }: Overview['allowance']): string {
  return `${percentText(share)} of ${humanCount(yearlyCalls)}`;
}

function paceText(allowance: Overview['allowance'], now: Date): string {
  const requests = yearlyPace(allowance, now);
  if (requests === undefined) return 'not known yet';
  return `${humanCount(requests)} a year, ${percentText(requests / allowance.yearlyCalls)}`;
}
