import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import xterm from '@xterm/headless';

// Records a run of the demo in a pseudo-terminal as an animated SVG: each line appears when it was printed, waits shortened.
const root = path.join(import.meta.dirname, '..', '..');
const file = path.join(root, 'docs', 'images', 'demo.svg');
const [columns, rows] = [100, 30];
const [charWidth, lineHeight, margin] = [8.4, 18, 16];

/** A reader needs no longer between two lines, however long the program took; the last screen stays for a while. */
const waitMsMax = 900;
const lastMs = 6000;

const terminal = new xterm.Terminal({ cols: columns, rows: 400, allowProposedApi: true });
const seen = new Map();
const command = `stty cols ${columns} rows ${rows}; exec '${process.execPath}' bin/sfmc-tracking.js demo`;
const env = { ...process.env, NO_COLOR: '1', TZ: 'UTC', TERM: 'xterm-256color' };
const child = spawn('script', ['-qec', command, '/dev/null'], { cwd: root, env });
child.stdout.setEncoding('utf8').on('data', (text) => {
  const atMs = Date.now();
  terminal.write(text, () => noteLines(atMs));
});
const [code] = await once(child, 'close');
await new Promise((resolve) => terminal.write('', resolve));
if (code !== 0) throw new Error(`the demo ended with exit code ${code}`);

/** A line counts from when it had its last text: the live line is overwritten by the summary. */
function noteLines(atMs) {
  for (const [at, text] of linesOf().entries()) if (text !== seen.get(at)?.text) seen.set(at, { text, atMs });
}

function linesOf() {
  const { active } = terminal.buffer;
  return Array.from({ length: active.length }, (_, at) => active.getLine(at)?.translateToString(true) ?? '');
}

writeFileSync(file, svgOf(linesOf().join('\n').trimEnd().split('\n')));
console.log(path.relative(root, file));

function svgOf(lines) {
  const times = timesOf(lines);
  const totalMs = (times.at(-1) ?? 0) + lastMs;
  const [width, height] = [columns * charWidth + 2 * margin, rows * lineHeight + 2 * margin];
  const texts = lines.map((line, at) => {
    const look = line.startsWith('== ') ? ' class="h"' : '';
    return `<text y="${(at + 1) * lineHeight}"${look} style="animation-delay:${times[at]}ms">${escape(line)}</text>`;
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" role="img" aria-label="The demo in a terminal">
<style>
text { font: 14px ui-monospace, "SF Mono", Menlo, "DejaVu Sans Mono", monospace; fill: #d8dee6; white-space: pre; animation: on 1ms both; }
.h { fill: #7fd1b9; font-weight: 700; }
.all { animation: up ${totalMs}ms steps(1, end) both; }
@keyframes on { from { visibility: hidden; } to { visibility: visible; } }
@keyframes up { ${scrolls(lines, times, totalMs)} }
@media (prefers-reduced-motion: reduce) { text { animation: none; } }
</style>
<rect width="100%" height="100%" rx="10" fill="#12161b"/>
<svg x="${margin}" y="${margin}" width="${width - 2 * margin}" height="${rows * lineHeight}" overflow="hidden"><g class="all">
${texts.join('\n')}
</g></svg>
</svg>
`;
}

/** When each line appears, from the begin, in milliseconds. */
function timesOf(lines) {
  let [atMs, beforeMs] = [0, seen.get(0)?.atMs ?? 0];
  return lines.map((_, at) => {
    const seenMs = seen.get(at)?.atMs ?? beforeMs;
    atMs += Math.min(waitMsMax, Math.max(40, seenMs - beforeMs));
    beforeMs = Math.max(beforeMs, seenMs);
    return Math.round(atMs);
  });
}

/** The text moves up by a line when the screen is full. */
function scrolls(lines, times, totalMs) {
  const steps = lines.slice(rows).map((_, index) => {
    const percent = ((times[index + rows] ?? 0) / totalMs) * 100;
    return `${percent.toFixed(3)}% { transform: translateY(${-(index + 1) * lineHeight}px); }`;
  });
  return [
    '0% { transform: none; }',
    ...steps,
    `100% { transform: translateY(${-Math.max(0, lines.length - rows) * lineHeight}px); }`,
  ].join(' ');
}

function escape(text) {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
}
