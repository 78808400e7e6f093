import { type Html, html } from './html.ts';

type Tone = 'good' | 'busy' | 'warn' | 'bad' | 'calm';

/** A word with a mark of its own shape, so that color is not all that tells it. */
export function pill(text: string, tone: Tone): Html {
  return html`<span class="pill ${tone}">${text}</span>`;
}

/** How a run ended; null while it runs. */
export function outcomePill(outcome: string | null): Html {
  return pill((outcome ?? 'running').replaceAll('_', ' '), outcome === null ? 'busy' : toneOf(outcome));
}

function toneOf(outcome: string): Tone {
  if (outcome === 'completed') return 'good';
  return outcome === 'halted' ? 'bad' : 'warn';
}

const taskTones: Readonly<Record<string, Tone>> = {
  done: 'good',
  running: 'busy',
  parked: 'bad',
  interrupted: 'warn',
};

export function statePill(state: string): Html {
  return pill(state, taskTones[state] ?? 'calm');
}

const verdictTones: Readonly<Record<string, Tone>> = {
  exact: 'good',
  indistinguishable: 'good',
  'within tolerance': 'good',
  'source ahead': 'bad',
  'loaded ahead': 'warn',
};

export function verdictPill(verdict: string, counters?: number): Html {
  return pill(counters === undefined ? verdict : `${counters} ${verdict}`, verdictTones[verdict] ?? 'calm');
}
