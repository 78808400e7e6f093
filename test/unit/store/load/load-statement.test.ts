import { createColumnPage } from '../../../../src/columns/page.ts';
import { eventCatalog } from '../../../../src/events/catalog.ts';
import { requestedProperties } from '../../../../src/events/define-event.ts';
import { open } from '../../../../src/events/open.ts';
import { finishStatement } from '../../../../src/store/load/finish-statement.ts';
import { copyStatements, type LoadForm, loadStatement } from '../../../../src/store/load/load-statement.ts';
import { pageInTask } from '../../../support/stored/ledger.ts';

// The statements as Postgres gets them, so that a change of one shows in review; `-u` writes them anew. Kept are
// all forms of one event type, and one form of the others: the rest is shown to follow from these.

const forms: readonly LoadForm[] = (
  ['insert-only of one job', 'insert-only', 'on-conflict'] as const
).flatMap((rows) => [false, true].map((finishesWindow) => ({ rows, finishesWindow })));
const plain: LoadForm = { rows: 'on-conflict', finishesWindow: false };
const textOf = (definition: (typeof eventCatalog)[number], form: LoadForm) =>
  loadStatement(definition, form).text;

describe('the statement that loads a page', () => {
  it.each(forms)('is as it was read: open, $rows, finishes a window: $finishesWindow', (form) => {
    expect(textOf(open, form)).toMatchSnapshot();
  });

  it.each(eventCatalog.filter(({ name }) => name !== 'open'))('is as it was read: $name', (definition) => {
    expect(textOf(definition, plain)).toMatchSnapshot();
  });

  it.each(eventCatalog)('says the same of $name but for its rows, in every form', (definition) => {
    // Their columns take up more numbers of parameters.
    const withoutRows = (text: string) =>
      text.replace(/\$\d+/gu, '$').replace(/\nloaded as \(\n.*?\n\),\nchanged as \(\n.*?\n\),/su, '');
    for (const form of forms)
      expect(withoutRows(textOf(definition, form))).toBe(withoutRows(textOf(open, form)));
  });

  it.each(eventCatalog)('looks for known rows of $name in one clause and nowhere else', (definition) => {
    for (const finishesWindow of [false, true]) {
      const text = textOf(definition, { rows: 'on-conflict', finishesWindow });
      expect(text.replace(/\n *on conflict \(job_id, occurred_at, .* do nothing/u, '')).toBe(
        textOf(definition, { rows: 'insert-only', finishesWindow }),
      );
    }
  });

  it.each([false, true])(
    'is one for all event types where a page is empty, finishes a window: %s',
    (finishesWindow) => {
      const statements = eventCatalog.map((definition) =>
        loadStatement(definition, { rows: 'none', finishesWindow }),
      );
      expect(new Set(statements.map(({ name, text }) => `${name}: ${text}`)).size).toBe(1);
      expect(statements[0]?.text).toMatchSnapshot();
    },
  );

  it('is as it was read where the page is copied', () => {
    const page = createColumnPage(open, { accountId: 7000001, jobId: 42 });
    const record: Record<string, string> = {
      EventDate: '2024-07-01T10:00:00.8',
      SendID: '42',
      SubscriberKey: 'anna',
    };
    page.append(requestedProperties(open).map((property) => record[property] ?? null));
    const toCommit = pageInTask({ definition: open, columns: page.finish() }, { taskId: 5, fence: 3 });
    expect(copyStatements(open, { page: toCommit, newlyRejected: 0 })).toMatchSnapshot();
  });

  it('has a name of its own for each form, within the 63 bytes that Postgres keeps', () => {
    const names = eventCatalog.flatMap((definition) =>
      forms.map((form) => loadStatement(definition, form).name),
    );
    expect(new Set(names).size).toBe(eventCatalog.length * forms.length);
    expect(names.filter((name) => name.length > 63)).toEqual([]);
  });
});

describe('the statement that finishes a task', () => {
  it('is as it was read', () => {
    expect(finishStatement().text).toMatchSnapshot();
  });
});
