import type { RejectedRecord } from '../columns/page-builder.ts';
import { type ObjectDefinition, requestedProperties } from '../events/define-event.ts';
import { renderRecordXml } from '../marketing-cloud/response/record-xml.ts';
import type { RejectedText } from '../store/load/rejected-records.ts';

/** A rejected record as text: the properties that were requested, as XML, and the reason with the property's name. */
export function rejectedText(definition: ObjectDefinition, record: RejectedRecord): RejectedText {
  const { property, reason, values } = record;
  return {
    reason: property === undefined || reason.includes(property) ? reason : `${property}: ${reason}`,
    xml: renderRecordXml(requestedProperties(definition), values),
  };
}
