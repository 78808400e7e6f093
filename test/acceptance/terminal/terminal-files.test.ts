import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { extractFiles } from '../../../simulator/extract/extract-files.ts';
import { zipFile } from '../../../simulator/extract/zip-file.ts';
import { type ExtractStage, openExtractStage, rangeOf } from '../../support/extract-stage.ts';
import { expectGolden, screenOf, widths } from '../../support/program/golden.ts';
import { normalized } from '../../support/program/screen.ts';
import { accountId, listSend, openStage, type Stage, worldOf } from '../../support/simulator.ts';
import { findSystemProgram } from '../../support/outside/system-program.ts';

const counts = { sent: 1200, open: 400, click: 90, bounce: 12, unsub: 3, not_sent: 4 };
const world = worldOf([listSend(901, { counts })]);
let folder: string;

beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'sfmc-tracking-screens-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** Without what differs each time: ids, durations, and the days of a world that ends today. */
function lasting(text: string): string {
  return normalized(text)
    .replaceAll('under N s', 'N s')
    .replaceAll(/^(import|sync) \d+/gmu, '$1 N')
    .replaceAll(/\d{4}-\d\d-\d\d(?! \d)/gu, 'YYYY-MM-DD')
    .replaceAll(/\d{4}-\d\d(?=\.csv)/gu, 'YYYY-MM')
    .replaceAll(/\d{4}-\d\d-\d\d \d\d:\d\d/gu, 'YYYY-MM-DD HH:MM');
}

describe('import and export have a screen', () => {
  let stage: Stage;
  beforeEach(async () => {
    stage = await openStage(world);
  });
  afterEach(() => stage.close());

  it('that is kept as a file, for each width', async () => {
    const files = extractFiles(world, { lists: true }, { details: true });
    const members = [
      ...files.map(({ name, content }) => ({ name: `extract/${name}`, content: broken(name, content) })),
      { name: 'extract/Subscribers.csv', content: Buffer.from('ClientID,SubscriberKey\n') },
    ];
    const archive = path.join(folder, `${accountId}_2026-07.zip`);
    writeFileSync(archive, zipFile(members));
    // The first one is new at one width only.
    const importing = ['import', '--tracking-extract', archive];
    await screenOf(importing, { env: stage.env, columns: 80 });
    const range = ['--from', '2020-01-01', '--to', '2100-01-01', '--accounts', String(accountId)];
    for (const columns of widths) {
      const at = { env: stage.env, columns };
      await forgetImports(stage);
      expectGolden(`import-${columns}`, lasting(await screenOf(importing, at)));
      const exporting = ['export', ...range, '--out', folder, '--events', 'sent,open,click'];
      expectGolden(`export-${columns}`, lasting(await screenOf(exporting, at)));
      const nothing = ['export', ...range, '--out', folder, '--events', 'survey'];
      expect(await screenOf(nothing, at)).toBe('there is nothing to export');
    }
  });
});

/** So that everything is new again, at each width. */
async function forgetImports({ pool }: Stage): Promise<void> {
  const tables = ['sent', 'open', 'click', 'bounce', 'unsub', 'not_sent'].map(
    (type) => `tracking.${type}_events`,
  );
  await pool.query(`truncate ${tables.join(', ')}, tracking.jobs, tracking.lists, pipeline.rejected_records`);
}

/** One line of the opens cannot be read. */
function broken(name: string, content: Buffer): Buffer {
  return name === 'Opens.csv' ? Buffer.concat([content, Buffer.from('too,few\r\n')]) : content;
}

const archiveName = /\S+\.zip:/gu;
const sshd = findSystemProgram('sshd');
(sshd === undefined ? describe.skip : describe)('extract has a screen', () => {
  let stage: ExtractStage;
  beforeEach(async () => {
    stage = await openExtractStage(sshd ?? '', world);
  });
  afterEach(() => stage.close());

  it('that is kept as a file, for each width', async () => {
    const args = ['extract', ...rangeOf(20), '--events', 'open,click'];
    for (const columns of widths) {
      await forgetImports(stage);
      const text = await screenOf(args, { env: stage.env, columns });
      expectGolden(
        `extract-${columns}`,
        lasting(text).replaceAll(archiveName, (name) => `${'extract-'.padEnd(name.length - 5, 'x')}.zip:`),
      );
    }
  });
});
