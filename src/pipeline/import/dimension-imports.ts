import { job } from '../../dimensions/job.ts';
import { list } from '../../dimensions/list.ts';
import type { ImportDimension } from './dimension-file.ts';
import { importJobs } from './import-jobs.ts';
import { importLists } from './import-lists.ts';

/** The dimensions that files complete, by name, in the order in which their files are read; the only list. */
export const dimensionImports: ReadonlyMap<string, ImportDimension> = new Map([
  [job.name, importJobs],
  [list.name, importLists],
]);
