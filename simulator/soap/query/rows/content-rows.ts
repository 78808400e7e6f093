import type { Row, Value } from './rows.ts';
import type { JobTruth } from '../../../world/truth.ts';

/** The mails that jobs were made of, as `Email` shows them. */
export function emailRows(jobs: readonly JobTruth[]): Row[] {
  const latest = new Map(jobs.map((job) => [`${job.accountId} ${job.emailId}`, job]));
  return [...latest.values()].map(({ accountId, emailId, emailName, subject, createdAt, modifiedAt }) =>
    rowOf({
      'Client.ID': accountId,
      ID: emailId,
      CustomerKey: `email-${emailId}`,
      Name: emailName,
      Subject: subject,
      CategoryID: folderIdOf(accountId, 'email'),
      EmailType: 'HTML',
      Status: 'Active',
      IsActive: true,
      CreatedDate: createdAt,
      ModifiedDate: modifiedAt,
    }),
  );
}

/** The folder of each kind of content that an account begins with, as `DataFolder` shows them. */
export function folderRows(accountIds: readonly number[]): Row[] {
  return accountIds.flatMap((accountId) =>
    folders.map(([contentType, name]) =>
      rowOf({
        'Client.ID': accountId,
        ID: folderIdOf(accountId, contentType),
        CustomerKey: `${contentType}_default`,
        'ParentFolder.ID': 0,
        Name: name,
        Description: '',
        ContentType: contentType,
        IsActive: true,
        IsEditable: false,
        AllowChildren: true,
      }),
    ),
  );
}

const folders = [
  ['email', 'my emails'],
  ['list', 'my lists'],
  ['dataextension', 'data extensions'],
] as const;

function folderIdOf(accountId: number, contentType: (typeof folders)[number][0]): number {
  return 1000 + (accountId % 1000) * 10 + folders.findIndex(([known]) => known === contentType);
}

function rowOf(values: Readonly<Record<string, Value>>): Row {
  return (property) => values[property] ?? null;
}
