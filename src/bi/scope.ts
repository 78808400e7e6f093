/** A job that the log names, as `take-changes.sql` returns it. */
export interface ChangedJob {
  readonly jobId: number;
  /** All its messages are computed, not only those of the people that the changes touched. */
  readonly isWhole: boolean;
  /** The types of its lines. */
  readonly eventTypes: readonly string[];
  /** The types of the events that its rollups count. */
  readonly knownTypes: readonly string[];
  /** Bounds of the events of all jobs taken, as Postgres writes instants: to the microsecond, or infinite. */
  readonly firstAt: string;
  readonly lastAt: string;
  /** Bounds of the lines of the jobs that are computed in part; null where there is none. */
  readonly lineFirstAt: string | null;
  readonly lineLastAt: string | null;
}

/** What one transaction of a refresh computes. */
export interface Scope {
  readonly accountId: number;
  readonly jobs: readonly number[];
  readonly wholeJobs: readonly number[];
  readonly partJobs: readonly number[];
  /** No event that is known of the jobs lies outside: months outside are not looked at. */
  readonly bounds: readonly [firstAt: string, lastAt: string];
  /** The lines of the jobs that are computed in part. */
  readonly lines: {
    readonly bounds: readonly [firstAt: string | null, lastAt: string | null];
    readonly eventTypes: readonly string[];
  };
  readonly recounted: RecountedJobs;
  /** Lines or rollups name opens or clicks that are counted again. */
  readonly namesReactions: boolean;
  /** The types that the rollups of jobs count events of that are computed as a whole. */
  readonly knownTypes: readonly string[];
}

/**
 * Of the jobs that are computed in part, those whose events of a kind are counted again: the kinds that their lines name.
 * The counts of all other kinds stay as the rollups have them.
 */
interface RecountedJobs {
  /** Both sent and not-sent events, since both say who a person is. */
  readonly sends: readonly number[];
  /** Also where a message has other sent events: rules judge reactions by the time since. */
  readonly opens: readonly number[];
  readonly clicks: readonly number[];
  readonly bounces: readonly number[];
  readonly unsubscribes: readonly number[];
  readonly others: readonly number[];
}

export function scopeOf(
  accountId: number,
  jobs: readonly ChangedJob[],
  { firstAt, lastAt, lineFirstAt, lineLastAt }: ChangedJob,
): Scope {
  const whole = jobs.filter(({ isWhole }) => isWhole);
  const parts = jobs.filter(({ isWhole }) => !isWhole);
  const recounted = recountedJobs(parts);
  return {
    accountId,
    jobs: idsOf(jobs),
    wholeJobs: idsOf(whole),
    partJobs: idsOf(parts),
    bounds: [firstAt, lastAt],
    lines: {
      bounds: [lineFirstAt, lineLastAt],
      eventTypes: [...new Set(parts.flatMap(({ eventTypes }) => eventTypes))],
    },
    recounted,
    knownTypes: whole.flatMap(({ knownTypes }) => knownTypes),
    namesReactions: jobs.some(
      ({ jobId, isWhole, eventTypes, knownTypes }) =>
        (isWhole || recounted.opens.includes(jobId) || recounted.clicks.includes(jobId)) &&
        hasReactions([...eventTypes, ...knownTypes]),
    ),
  };
}

export function hasReactions(eventTypes: Iterable<string>): boolean {
  return [...eventTypes].some((type) => type === 'open' || type === 'click');
}

/**
 * The types that jobs can have events of that are computed as a whole; undefined where their lines do not say so, because
 * one is for all events.
 */
export function typesOfWholeJobs(jobs: readonly ChangedJob[]): Set<string> | undefined {
  const whole = jobs.filter(({ isWhole }) => isWhole);
  const types = new Set(whole.flatMap(({ eventTypes, knownTypes }) => [...eventTypes, ...knownTypes]));
  return types.has('all') ? undefined : types;
}

function recountedJobs(parts: readonly ChangedJob[]): RecountedJobs {
  const sent = ['sent', 'not_sent'];
  const withLine = (...types: readonly string[]): number[] =>
    idsOf(parts.filter(({ eventTypes }) => eventTypes.some((type) => types.includes(type))));
  return {
    sends: withLine(...sent),
    opens: withLine('open', ...sent),
    clicks: withLine('click', ...sent),
    bounces: withLine('bounce'),
    unsubscribes: withLine('unsub'),
    others: withLine('forward', 'forward_opt_in', 'survey'),
  };
}

/** The types whose counts can change: those of whole jobs, and the kinds that are counted again. */
export function countedTypes(
  { recounted }: Pick<Scope, 'recounted'>,
  wholeTypes: ReadonlySet<string>,
): Set<string> {
  const { sends, opens, clicks, bounces, unsubscribes, others } = recounted;
  const typesOf = (jobs: readonly number[], ...types: readonly string[]) => (jobs.length > 0 ? types : []);
  return new Set([
    ...wholeTypes,
    ...typesOf(sends, 'sent', 'not_sent'),
    ...typesOf(opens, 'open'),
    ...typesOf(clicks, 'click'),
    ...typesOf(bounces, 'bounce'),
    ...typesOf(unsubscribes, 'unsub'),
    ...typesOf(others, 'forward', 'forward_opt_in', 'survey'),
  ]);
}

const idsOf = (jobs: readonly ChangedJob[]): number[] => jobs.map(({ jobId }) => jobId);
