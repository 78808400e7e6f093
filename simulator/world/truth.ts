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
  /** What this type has besides, by name on the wire: `SMTPCode`, `Question`; null leaves the property out. */
  readonly properties?: Readonly<Record<string, string | null>> | undefined;
  /** Why the mail was held back. Not on the wire, but each cause has its counter in `Send`. */
  readonly cause?: NotSentCause | undefined;
  /** What made the event, where it was no considerate person. Not on the wire. */
  readonly origin?: EventOrigin | undefined;
  /** Property texts put on the wire as they are, unescaped; null leaves the property out. */
  readonly raw?: Readonly<Record<string, string | null>>;
}

export type NotSentCause = 'unsubscribed' | 'undeliverable' | 'excluded' | 'errored' | 'invalid';

export type EventOrigin = 'scanner' | 'sandbox' | 'privacy' | 'double-tap';

/** Shares from 0 to 1, of the delivered mails or, for double taps, of the clicks; nothing that is not named happens. */
export interface MachineShares {
  /** Every link clicked 2 to 10 s after the send, half of the time with an open. */
  readonly scanners?: number;
  /** One open and every link clicked, 15 to 30 minutes after the send. */
  readonly sandboxes?: number;
  /** An open by a proxy at any time of the first twelve hours, read or not. */
  readonly privacyOpens?: number;
  /** A second click within little more than a second, on the same link or one other. */
  readonly doubleTaps?: number;
}

/** Every n-th event of these types, of all types where none are named. */
interface EveryNth {
  readonly every: number;
  readonly types?: readonly SimulatedEventType[];
}

/** How the service fails to deliver what it counts; `simulator/README.md` shows it in use. */
export interface Delivery {
  /** Counted as ever, but returned by no Retrieve before `until`, or never. */
  readonly withheld?: EveryNth & { readonly until?: Date };
  /** Returned twice, counted once: the same record again or, with `laterByMs`, one that much later. */
  readonly doubled?: EveryNth & { readonly laterByMs?: number };
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
  /**
   * How many events to generate by type. Of what follows from other events (bounces from mails without an open,
   * unsubscribes from opens) there are fewer where those do not suffice.
   */
  readonly counts?: Readonly<Partial<Record<SimulatedEventType, number>>>;
  readonly machines?: MachineShares;
  readonly delivery?: Delivery;
  /** Lists the send goes to, person by person in turn; one that follows from the job's id if not given. */
  readonly listIds?: readonly [number, ...number[]];
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
  readonly listIds: readonly [number, ...number[]];
  readonly triggeredSendId: string | null;
  readonly triggeredSendStatus: string | null;
  readonly numberSent?: number | null;
}
