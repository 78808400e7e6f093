import type { World } from '../world/world.ts';
import {
  encode,
  eventFile,
  type ExtractedFile,
  type ExtractedType,
  type ExtractForm,
  fileDate,
  render,
} from './event-file.ts';

export interface ExtractScope {
  readonly accountIds?: readonly number[];
  /** Half-open, ms since 1970. */
  readonly from?: number;
  readonly to?: number;
  readonly types?: readonly Exclude<ExtractedType, 'complaint'>[];
  /** Lists are extracted as well. */
  readonly lists?: boolean;
  readonly jobIds?: readonly number[];
  /** Leaves out what is not available by then. */
  readonly asOf?: Date;
}

const extractedTypes: readonly Exclude<ExtractedType, 'complaint'>[] = [
  'sent',
  'open',
  'click',
  'bounce',
  'unsub',
  'not_sent',
];

/** The files of a Tracking Extract with the events of a world, one for each type, the jobs, and the lists where asked. */
export function extractFiles(
  world: World,
  scope: ExtractScope = {},
  form: ExtractForm = {},
): ExtractedFile[] {
  const { accountIds = world.accountIds, from = -Infinity, to = Infinity, types = extractedTypes } = scope;
  const { jobIds, asOf } = scope;
  const files = types.map((type) => {
    const events = accountIds.flatMap((id) => [...world.events(type, id, undefined, asOf)]);
    const within = events.filter(
      ({ occurredAt, jobId }) =>
        occurredAt >= from && occurredAt < to && (jobIds === undefined || jobIds.includes(jobId)),
    );
    return eventFile(type, within, form);
  });
  const lists = scope.lists === true ? [listsFile(world, accountIds, form)] : [];
  return [...files, jobsFile(world, accountIds, form), ...lists];
}

function listsFile(world: World, accountIds: readonly number[], form: ExtractForm): ExtractedFile {
  const rows = accountIds.flatMap((id) =>
    [...new Set(world.jobs(id).flatMap(({ listIds }) => listIds))].map((listId) => [
      ...[id, listId, `List ${listId}`, 'Public', fileDate(0, form)],
    ]),
  );
  const titles = ['ClientID', 'ListID', 'Name', 'Type', 'DateCreated'];
  return { name: 'Lists.csv', content: encode(render(titles, rows, form), form) };
}

function jobsFile(world: World, accountIds: readonly number[], form: ExtractForm): ExtractedFile {
  const titles = [
    'ClientID',
    'SendID',
    'FromName',
    'FromEmail',
    'SchedTime',
    'SentTime',
    'Subject',
    'EmailName',
    'JobStatus',
  ];
  const rows = accountIds.flatMap((id) =>
    world
      .jobs(id)
      .map((job) => [
        ...[id, job.jobId, 'Us', 'us@example.com'],
        job.scheduledAt === null ? null : fileDate(job.scheduledAt.getTime(), form),
        job.sentAt === null ? null : fileDate(job.sentAt.getTime(), form),
        ...[job.subject, job.emailName, job.status],
      ]),
  );
  return { name: 'SendJobs.csv', content: encode(render(titles, rows, form), form) };
}
