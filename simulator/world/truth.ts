/** Names of event types as the rest of the product uses them; each is one object type on the wire. */
export const objectTypeOfEvent = {
  sent: 'SentEvent',
  open: 'OpenEvent',
  click: 'ClickEvent',
  bounce: 'BounceEvent',
  unsub: 'UnsubEvent',
  not_sent: 'NotSentEvent',
  forward: 'ForwardedEmailEvent',
  forward_opt_in: 'ForwardedEmailOptInEvent',
  survey: 'SurveyEvent',
} as const;

export type SimulatedEventType = keyof typeof objectTypeOfEvent;

function isSimulatedEventType(name: string): name is SimulatedEventType {
  return name in objectTypeOfEvent;
}

export const simulatedEventTypes: readonly SimulatedEventType[] =
  Object.keys(objectTypeOfEvent).filter(isSimulatedEventType);

/** One event as it really happened: what a pipeline's table is compared with. Instants are ms since 1970, UTC. */
export interface TruthEvent {
  readonly accountId: number;
  readonly jobId: number;
  readonly batchId: number | null;
  readonly subscriberKey: string | null;
  readonly occurredAt: number;
  readonly triggeredSendId: string | null;
  readonly listId: number | null;
  readonly subscriberId: number | null;
  readonly urlId: number | null;
  readonly url: string | null;
  /** Before this instant no Retrieve returns the event: what makes it late. */
  readonly availableAt: number;
  /** Property texts put on the wire as they are, unescaped; null leaves the property out. */
  readonly raw?: Readonly<Record<string, string | null>>;
}

interface EventCounts {
  readonly sent: number;
  readonly open: number;
  readonly click: number;
}

/** A job to be made. Its events follow from `counts`, are listed in `events`, or both. */
export interface JobSpec {
  readonly accountId: number;
  readonly jobId: number;
  readonly kind: 'list' | 'triggered';
  readonly createdAt: Date;
  /** When the send completed; null while it has not. */
  readonly sentAt: Date | null;
  /** When the mails begin to leave; otherwise ten minutes after creation, at most an hour before `sentAt`. */
  readonly scheduledAt?: Date | null;
  readonly modifiedAt?: Date;
  readonly status?: string;
  readonly subject?: string;
  readonly triggeredSendId?: string;
  readonly triggeredSendStatus?: 'Active' | 'Inactive' | 'Deleted';
  readonly counts?: Partial<EventCounts>;
  readonly events?: Readonly<Partial<Record<SimulatedEventType, readonly TruthEvent[]>>>;
  /** Generated events end here; half an hour before the world's now if not given. */
  readonly lastEventAt?: Date;
  /** That share of the generated events arrives so much later than it happened. */
  readonly late?: { readonly share: number; readonly byMs: number };
  /** Every n-th open and click equals the one before in all that can be retrieved; 0 means none. */
  readonly equalEvery?: number;
  /** What `Send.NumberSent` claims instead of the true count. */
  readonly numberSent?: number | null;
}

/** A job as `Send` shows it, without its counters. */
export interface JobTruth {
  readonly accountId: number;
  readonly jobId: number;
  readonly kind: 'list' | 'triggered';
  readonly createdAt: Date;
  readonly modifiedAt: Date;
  readonly scheduledAt: Date | null;
  readonly sentAt: Date | null;
  readonly status: string;
  readonly subject: string;
  readonly emailName: string;
  readonly emailId: number;
  readonly listId: number;
  readonly triggeredSendId: string | null;
  readonly triggeredSendStatus: string | null;
  readonly numberSent?: number | null;
}
