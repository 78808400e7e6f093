import type { GenerationFrame } from './generate/columns.ts';
import { createJobEvents, type JobEvents } from './generate/job-events.ts';
import { createRandom, randomGuid } from './random.ts';
import type { Retention } from './generate/retention.ts';
import type { Delivery, JobSpec, JobTruth } from './truth.ts';

export interface Counted {
  readonly value: number;
  readonly completeAt: number;
}

export interface JobEntry {
  truth: JobTruth;
  delivery: Delivery | undefined;
  readonly events: JobEvents;
  /** What was counted when all events behind it had arrived, by name. */
  readonly counters: Map<string, Counted>;
}

/** Makes a job of its specification; what that leaves open follows from the seed. */
export function createJob(seed: number, now: Date, spec: JobSpec, retention: Retention): JobEntry {
  const random = createRandom(seed, spec.accountId, spec.jobId);
  const isTriggered = spec.kind === 'triggered';
  const subject = spec.subject ?? `Send ${spec.jobId}`;
  const scheduledAt = spec.scheduledAt === undefined ? startOf(spec) : spec.scheduledAt;
  const truth: JobTruth = {
    accountId: spec.accountId,
    jobId: spec.jobId,
    kind: spec.kind,
    createdAt: spec.createdAt,
    modifiedAt: spec.modifiedAt ?? (isTriggered ? spec.createdAt : (spec.sentAt ?? spec.createdAt)),
    scheduledAt,
    sentAt: spec.sentAt,
    status: spec.status ?? (spec.sentAt === null ? 'Sending' : 'Complete'),
    subject,
    emailName: subject,
    emailId: 100_000 + (spec.jobId % 100_000),
    listIds: spec.listIds ?? [200 + (spec.jobId % 50)],
    triggeredSendId: isTriggered ? (spec.triggeredSendId ?? randomGuid(random)) : null,
    triggeredSendStatus: isTriggered ? (spec.triggeredSendStatus ?? 'Active') : null,
    ...(spec.numberSent === undefined ? {} : { numberSent: spec.numberSent }),
  };
  return {
    truth,
    delivery: spec.delivery,
    events: createJobEvents(frameOf(seed, now, spec, scheduledAt), truth, retention),
    counters: new Map(),
  };
}

function frameOf(seed: number, now: Date, spec: JobSpec, scheduledAt: Date | null): GenerationFrame {
  const worldNow = now.getTime();
  // A sync leaves the youngest minutes alone; ending earlier lets one sync see the whole world.
  const lastEventAt = spec.lastEventAt?.getTime() ?? worldNow - 30 * 60_000;
  const startAt = (scheduledAt ?? spec.createdAt).getTime();
  const endAt = spec.kind === 'triggered' ? lastEventAt : (spec.sentAt?.getTime() ?? lastEventAt);
  return { seed, spec, startAt, endAt, lastEventAt, worldNow };
}

function startOf(spec: JobSpec): Date {
  const afterCreation = spec.createdAt.getTime() + 10 * 60_000;
  if (spec.kind === 'triggered' || spec.sentAt === null) return new Date(afterCreation);
  return new Date(
    Math.min(Math.max(afterCreation, spec.sentAt.getTime() - 3_600_000), spec.sentAt.getTime()),
  );
}
