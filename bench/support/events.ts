import { click } from '../../src/events/click.ts';
import type { EventDefinition } from '../../src/events/define-event.ts';
import { open } from '../../src/events/open.ts';
import type { TruthEvent } from '../../simulator/world/truth.ts';

export type BatchType = 'open' | 'click';

/** A window's worth of invented events; two batches of different numbers share none. */
export interface Batch {
  readonly type: BatchType;
  readonly number: number;
  readonly pages: number;
  readonly isTriggered?: boolean | undefined;
  /** `random` as Marketing Cloud returns them: no order within the window. */
  readonly order?: 'random' | 'date' | undefined;
}

export const accountId = 7_000_001;
export const recordsPerPage = 2500;

const firstJobId = 1_540_000;
const firstInstantMs = Date.UTC(2026, 0, 5);
// One batch follows the other by a quarter of a day, as windows do that are extracted in their order.
const batchSpanMs = 6 * 3_600_000;
const triggeredSendId = '8f0c1a52-6d0b-4f4e-9a55-1d2c7e3b9f10';

export function definitionOf(type: BatchType): EventDefinition {
  return type === 'open' ? open : click;
}

export function jobOf(batch: Batch): number {
  return firstJobId + batch.number;
}

export function windowOf(batch: Batch): { from: Date; to: Date } {
  const from = firstInstantMs + batch.number * batchSpanMs;
  return { from: new Date(from), to: new Date(from + batchSpanMs) };
}

/** The same batch and index, the same event: nothing has to be kept. */
export function eventAt(batch: Batch, index: number): TruthEvent {
  const bits = mix(Math.imul(batch.number + 1, 0x9e3779b1) ^ index);
  const count = batch.pages * recordsPerPage;
  const share = batch.order === 'date' ? (index + 0.5) / count : mix(bits) / 2 ** 32;
  const occurredAt = windowOf(batch).from.getTime() + Math.floor(share * batchSpanMs);
  const isClick = batch.type === 'click';
  return {
    accountId,
    jobId: jobOf(batch),
    batchId: batch.isTriggered === true ? index : 1 + (bits % 3),
    subscriberKey: subscriberKey(batch, index, bits),
    occurredAt,
    triggeredSendId: batch.isTriggered === true ? triggeredSendId : null,
    listId: 201,
    subscriberId: 40_000_000 + index,
    urlId: isClick ? 900_000 + (bits % 40) : null,
    url: isClick
      ? `https://www.example.com/offers/${bits % 40}?utm_source=mail&utm_medium=email&utm_campaign=spring-${batch.number}&ref=${bits}`
      : null,
    availableAt: occurredAt,
  };
}

/** Half of the accounts key people by the CRM's 18 characters, the others by their address. */
function subscriberKey(batch: Batch, index: number, bits: number): string {
  const id = (batch.number * 1_000_003 + index).toString(36).toUpperCase().padStart(8, '0');
  return bits % 2 === 0 ? `0031t00${id}AAX` : `anna.lee.${id.toLowerCase()}@example.com`;
}

function mix(value: number): number {
  let bits = value >>> 0;
  bits = Math.imul(bits ^ (bits >>> 16), 0x85ebca6b);
  bits = Math.imul(bits ^ (bits >>> 13), 0xc2b2ae35);
  return (bits ^ (bits >>> 16)) >>> 0;
}
