import { businessUnit } from './business-unit.ts';
import type { DimensionDefinition } from './define-dimension.ts';
import { job } from './job.ts';
import { link } from './link.ts';
import { list } from './list.ts';
import { triggeredSendSummary } from './triggered-send-summary.ts';
import { triggeredSend } from './triggered-send.ts';

/** Every dimension there is; the only list. */
export const dimensionCatalog = [
  job,
  triggeredSend,
  link,
  list,
  triggeredSendSummary,
  businessUnit,
] as const satisfies readonly DimensionDefinition[];

/** The definition of that name, or undefined where there is none. */
export function findDimension(name: string): DimensionDefinition | undefined {
  return dimensionCatalog.find((definition) => definition.name === name);
}
