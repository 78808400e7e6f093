/** What a range costs by each road. */
export interface RoadsToCompare {
  /** First and last instant of the range. */
  readonly from: Date;
  readonly to: Date;
  readonly accounts: number;
  readonly soap: {
    readonly requests: number;
    /** Null where no run was large enough to measure. */
    readonly minutes: number | null;
    /** Of the yearly allowance. */
    readonly allowanceShare: number;
  };
  /** Events of the range that extracts have, and how many an import loads in a minute. */
  readonly events: number;
  readonly eventsPerMinute: number;
  /** Event types of the range that no extract has. */
  readonly otherTypes: number;
}

export interface Roads {
  readonly extract: {
    /** Extracts to be requested. */
    readonly extracts: number;
    readonly requests: number;
    /** Of the import; Marketing Cloud takes minutes to hours to write the files besides. */
    readonly minutes: number;
  };
  readonly cheaper: 'soap' | 'extract';
}

const monthMs = 30 * 24 * 60 * 60 * 1000;

/** Each extract is looked up and requested. */
const requestsPerExtract = 2;

// Marketing Cloud: when a file is there is not promised; a backfill that ends sooner is not worth the wait.
const writingMinutes = 120;

/** A part of the allowance that a night's syncs do without. */
const shareMax = 0.02;

/**
 * Names the cheaper road: the extract where the backfill takes longer than writing and importing files, or takes a
 * noticeable part of the allowance. A range of event types that no extract has is for the backfill.
 */
export function compareRoads(range: RoadsToCompare): Roads {
  const { from, to, accounts, soap, events, eventsPerMinute, otherTypes } = range;
  const extracts = accounts * Math.max(1, Math.ceil((to.getTime() - from.getTime()) / monthMs));
  const minutes = Math.ceil(events / eventsPerMinute);
  const isSlower = soap.minutes !== null && soap.minutes > minutes + writingMinutes;
  const isOnlyOthers = events === 0 && otherTypes > 0;
  const isCheaper = !isOnlyOthers && (isSlower || soap.allowanceShare > shareMax);
  return {
    extract: { extracts, requests: extracts * requestsPerExtract, minutes },
    cheaper: isCheaper ? 'extract' : 'soap',
  };
}
