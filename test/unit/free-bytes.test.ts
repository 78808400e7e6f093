import { isTypedArray } from 'node:util/types';
import { createColumnPage, freePage } from '../../src/columns/page.ts';
import { open } from '../../src/events/open.ts';
import { requestedProperties } from '../../src/events/define-event.ts';
import { freeBytes } from '../../src/free-bytes.ts';

describe('memory that is given back', () => {
  it('is that of a large buffer', () => {
    const bytes = Buffer.alloc(100_000, 'x');
    freeBytes(bytes);
    expect(bytes.byteLength).toBe(0);
  });

  it('is not that of the pool, which other buffers are made of', () => {
    const bytes = Buffer.from('a short text');
    freeBytes(bytes);
    expect(bytes.toString()).toBe('a short text');
  });

  it('is that of the columns of a page', () => {
    const page = createColumnPage(open, { accountId: 1, jobId: 42, capacity: 2500 });
    const values = requestedProperties(open).map((name) => {
      if (name === 'EventDate') return '2026-01-01T00:00:00';
      return name === 'TriggeredSendDefinitionObjectID' ? null : '1';
    });
    for (let row = 0; row < 2500; row += 1) page.append(values);
    const finished = page.finish();
    const arrays = [...finished.columns.values()].flatMap((column) =>
      Object.values(column).filter(isTypedArray),
    );
    const bytes = () => arrays.reduce((sum, { byteLength }) => sum + byteLength, 0);
    expect(finished.rowCount).toBe(2500);
    expect(bytes()).toBeGreaterThan(100_000);
    freePage(finished);
    expect(bytes()).toBe(0);
  });

  it('is not what pages without a row share', () => {
    const emptyPage = () => createColumnPage(open, { accountId: 1, jobId: 42 });
    const later = emptyPage();
    for (const page of [emptyPage(), emptyPage()]) freePage(page.finish());
    later.append(
      requestedProperties(open).map((name) => (name === 'EventDate' ? '2026-01-01T00:00:00' : '1')),
    );
    expect(later.finish()).toMatchObject({ recordCount: 1 });
  });
});
