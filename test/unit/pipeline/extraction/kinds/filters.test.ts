import { taskKinds } from '../../../../../src/pipeline/extraction/kinds/registry.ts';
import type { OwnedTask } from '../../../../../src/store/ledger/task-ledger.ts';

const window = { from: new Date('2026-07-01T00:00:00Z'), to: new Date('2026-07-02T00:00:00Z') };

function taskOf(changes: Partial<OwnedTask>): OwnedTask {
  return {
    ...{ taskId: 1, rootId: 1, kind: 'events', accountId: 7, jobId: null, eventType: 'open', origin: 'sync' },
    ...{ window: null, jobIds: null, runId: 1, fence: 1, attempts: 0, restarts: 0, requestId: null },
    ...{
      isInsertOnly: false,
      ...{ mergesFiles: false, privacyVersion: 0 },
      failsSeconds: null,
      mustRunAlone: false,
      wasInterrupted: false,
      ...{ requestsBefore: 0, pagesBefore: 0, recordsBefore: 0 },
      ...changes,
    },
  };
}

function open(changes: Partial<OwnedTask>) {
  const task = taskOf(changes);
  const attempt = { isFromStart: true, now: new Date(), retention: new Map(), pseudonyms: undefined };
  return taskKinds[task.kind].open(task, attempt);
}

describe('a task of events', () => {
  it('requests one job and a window of dates that begins a second early', () => {
    const { definition, filter } = open({ jobId: 42, window });
    expect(definition.objectType).toBe('OpenEvent');
    expect(filter).toEqual({
      and: [
        { property: 'SendID', operator: 'equals', values: [42] },
        { property: 'EventDate', operator: 'between', values: [new Date('2026-06-30T23:59:59Z'), window.to] },
      ],
    });
  });

  it.each<{ name: string; task: Partial<OwnedTask> }>([
    { name: 'its type is not in the catalog', task: { eventType: 'vote', jobId: 42, window } },
    { name: 'it has no window', task: { jobId: 42 } },
  ])('is a bug where $name', ({ task }) => {
    expect(() => open(task)).toThrow(Error);
  });
});

describe('a task of a dimension', () => {
  const job = { kind: 'dimension', eventType: 'job' } as const;

  it.each<{ name: string; task: Partial<OwnedTask>; filter: object | undefined }>([
    {
      name: 'a window of modification dates that begins a second early',
      task: { ...job, window },
      filter: {
        ...{ property: 'ModifiedDate', operator: 'between' },
        values: [new Date('2026-06-30T23:59:59Z'), window.to],
      },
    },
    {
      name: 'several jobs',
      task: { ...job, jobIds: [7, 8] },
      filter: { property: 'ID', operator: 'IN', values: [7, 8] },
    },
    {
      name: 'one job, without IN',
      task: { ...job, jobIds: [7] },
      filter: { property: 'ID', operator: 'equals', values: [7] },
    },
    {
      name: 'every object, where it is read whole',
      task: { kind: 'dimension', eventType: 'triggered_send' },
      filter: undefined,
    },
  ])('requests $name', ({ task, filter }) => {
    expect(open(task).filter).toEqual(filter);
  });

  it.each<{ name: string; task: Partial<OwnedTask> }>([
    { name: 'the dimension is not in the catalog', task: { ...job, eventType: 'planet' } },
    {
      name: 'its definition has no property for the filter',
      task: { kind: 'dimension', eventType: 'triggered_send', window },
    },
  ])('is a bug where $name', ({ task }) => {
    expect(() => open(task)).toThrow(Error);
  });
});
