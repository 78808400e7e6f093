import { StringDecoder } from 'node:string_decoder';
import sax from 'sax';
import { createColumnPage, type PageColumns } from '../../src/columns/page.ts';
import type { Pseudonyms } from '../../src/columns/people/pseudonyms.ts';
import { requestedProperties } from '../../src/events/define-event.ts';
import { parseResponse } from '../../src/marketing-cloud/response/response-parser.ts';
import type { ContenderOptions, Work } from '../processes/work.ts';
import { accountId, type Batch, definitionOf, jobOf } from '../support/events.ts';
import { chunksOf, renderPage } from '../support/pages.ts';

interface Ways {
  readonly pseudonyms?: Pseudonyms;
  /** What is done with a page before it is thrown away. */
  readonly then?: (page: PageColumns) => PageColumns;
}

/** Bytes to typed columns, which are then thrown away. */
export function parseOurs(options: ContenderOptions, { pseudonyms, then = (page) => page }: Ways = {}): Work {
  const { batch, pages } = renderedPages(options);
  const definition = definitionOf(options.type);
  const properties = requestedProperties(definition);
  return {
    async run() {
      let rows = 0;
      for (const page of pages) {
        const sink = createColumnPage(definition, { accountId, jobId: jobOf(batch), pseudonyms });
        await parseResponse(chunksOf(page), { properties, recordsMax: 5000, sink });
        rows += then(sink.finish()).rowCount;
      }
      return rows;
    },
  };
}

/** sax as its documentation shows it: handlers that build one object per record; values stay text. */
export function parsePlainSax(options: ContenderOptions): Work {
  const { pages } = renderedPages(options);
  return {
    async run() {
      let records = 0;
      for (const page of pages) records += (await readPlainly(page)).length;
      return records;
    },
  };
}

async function readPlainly(page: Buffer): Promise<Record<string, string>[]> {
  const records: Record<string, string>[] = [];
  let record: Record<string, string> | undefined;
  let text = '';
  const parser = sax.parser(true);
  parser.onopentag = ({ name }) => {
    if (name === 'Results') record = {};
    text = '';
  };
  parser.ontext = (piece) => {
    text += piece;
  };
  parser.onclosetag = (name) => {
    if (name === 'Results') {
      if (record !== undefined) records.push(record);
      record = undefined;
    } else if (record !== undefined && text !== '') {
      record[name] = text;
    }
    text = '';
  };
  const decoder = new StringDecoder('utf8');
  for await (const chunk of chunksOf(page)) parser.write(decoder.write(Buffer.from(chunk)));
  parser.close();
  return records;
}

function renderedPages(options: ContenderOptions): { batch: Batch; pages: Buffer[] } {
  const batch = { type: options.type, number: 0, pages: options.pages };
  return { batch, pages: Array.from({ length: options.pages }, (_, page) => renderPage(batch, page)) };
}
