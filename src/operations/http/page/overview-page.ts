import type { Overview } from '../../../store/status/overview.ts';
import { html } from './html.ts';
import { renderPage } from './layout.ts';
import { freshnessSection } from './section/freshness.ts';
import { gateSection } from './section/gate.ts';
import { jobsSection } from './section/jobs.ts';
import { progressSection, runsSection } from './section/runs.ts';
import { sentenceSection } from './section/sentence.ts';
import { tailSection } from './section/tail.ts';
import { trendsSection } from './section/trends.ts';
import { waitingSection } from './section/waiting.ts';

/** The page that an operator opens: the sentence first, then what needs a look, then the rest. */
export function renderOverview(overview: Overview): string {
  return renderPage({
    title: 'sfmc-tracking',
    readAt: overview.reportedAt,
    body: html`${sentenceSection(overview)} ${part('progress', progressSection(overview))}
    ${part('waiting', waitingSection(overview))} ${part('freshness', freshnessSection(overview))}
    ${part('tail', tailSection(overview))} ${part('trends', trendsSection(overview))}
    ${part('runs', runsSection(overview))} ${part('jobs', jobsSection(overview.jobs))}
    ${gateSection(overview)}`,
  });
}

/** A part that has nothing to show yet keeps its place, so that the script can fill it. */
function part(id: string, content: ReturnType<typeof html> | undefined): ReturnType<typeof html> {
  return content ?? html`<section id="${id}" data-part hidden></section>`;
}
