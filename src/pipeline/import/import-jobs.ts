import { microsFromCentralText, isoFromMicros } from '../../columns/central-time.ts';
import { fillJobs, type JobOfFile } from '../../store/import/fill-jobs.ts';
import { createDateRewriter } from '../../tracking-extract/event-date.ts';
import { idOf, type ImportDimension, readDimensionFile } from './dimension-file.ts';

/**
 * Reads SendJobs: what it says of a job fills what is not known of it. A job that SOAP has read stays as it is. Lines
 * without the number of a job or of a business unit are counted and left out.
 */
export const importJobs: ImportDimension = (reading, file, deps) => {
  const rewriteDate = createDateRewriter(reading.timeZone);
  return readDimensionFile(reading, file, deps, (tx, records) => {
    const jobs = new Map<string, JobOfFile>();
    for (const value of records) {
      const instant = (name: string) => instantOf(rewriteDate(value(name) ?? ''));
      const accountId = idOf(value('clientid')) ?? reading.accountId;
      const jobId = idOf(value('sendid') ?? value('jobid'));
      if (accountId === undefined || jobId === undefined) continue;
      jobs.set(`${accountId} ${jobId}`, {
        ...{ accountId, jobId, emailName: value('emailname'), subject: value('subject') },
        ...{ fromName: value('fromname'), fromAddress: value('fromemail'), status: value('jobstatus') },
        ...{ scheduledAt: instant('schedtime'), sentAt: instant('senttime') },
      });
    }
    return fillJobs(tx, [...jobs.values()]);
  });
};

function instantOf(text: string): string | null {
  const micros = microsFromCentralText(text);
  return typeof micros === 'number' ? isoFromMicros(micros) : null;
}
