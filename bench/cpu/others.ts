/** What takes part besides the process that is measured. Its CPU is not a number where it cannot be read. */
export interface Others {
  readonly postgres: { cpuSeconds(): number };
  readonly source?: { cpuSeconds(): number };
}

/** CPU seconds of the others, since their start or during a turn. */
export interface OthersCpu {
  readonly postgres: number;
  readonly source: number;
}

export function othersCpu({ postgres, source }: Others): OthersCpu {
  return { postgres: postgres.cpuSeconds(), source: source?.cpuSeconds() ?? NaN };
}

export function usedBetween(from: OthersCpu, to: OthersCpu): OthersCpu {
  return { postgres: to.postgres - from.postgres, source: to.source - from.source };
}
