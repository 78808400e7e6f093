/** How a property's text becomes a typed value: see `columns.ts` for the accepted forms. */
export type ColumnKind = 'integer' | 'text' | 'instant' | 'uuid' | 'boolean';

export interface ColumnDefinition {
  /** The name on the wire; a dotted path for a nested one (`List.ID`). */
  readonly property: string;
  readonly kind: ColumnKind;
  /** May be absent or nil in a record, and null in the table. */
  readonly optional?: true;
  /**
   * How the column may say who a person is: by the subscriber key, by an id of Marketing Cloud, or somewhere in a text.
   * docs/privacy.md says what becomes of each.
   */
  readonly person?: 'key' | 'id' | 'text';
}

export type ColumnDefinitions = Readonly<Record<string, ColumnDefinition>>;

/** One object type of the API as this pipeline reads it. */
export interface ObjectDefinition {
  /** Our word for it, as on the command line: `click`. */
  readonly name: string;
  /** `ObjectType` on the wire, case-sensitive (WSDL). */
  readonly objectType: string;
  /** Table in the schema `tracking`. */
  readonly table: string;
  /** Table columns, without `account_id` and `loaded_at`; the order of `Properties` on the wire. */
  readonly columns: ColumnDefinitions;
  /** Requests the objects of the business units below the account as well (`QueryAllAccounts`). */
  readonly includesAccountsBelow?: true;
  /** An account need not have the feature, or the right to read it. Where it is refused, it is noted as not available. */
  readonly isOptional?: true;
}

/** What every tracking event has (handbook: properties common to all events). */
export type CommonEventColumn = keyof typeof commonEventColumns;

export interface EventDefinition extends ObjectDefinition {
  readonly columns: ColumnDefinitions & Readonly<Record<CommonEventColumn, ColumnDefinition>>;
  /**
   * What tells two events of one account, job and instant apart: records equal in these too are one event.
   * The unique index holds one hash of them.
   */
  readonly identity: readonly string[];
  /** How far before the watermark each window begins, for events that arrive late. */
  readonly overlapMinutes: number;
  /**
   * When the events happen: `with-send` while the mails leave, `reaction` as people respond over the days
   * after. Sizes the first windows, nothing else.
   */
  readonly arrival: 'with-send' | 'reaction';
  /** Expected events per mail sent; sizes the first windows, nothing else. */
  readonly expectedPerSent: number;
  /**
   * The counter of a list send that equals the number of its events once all of them have happened. A job whose
   * events agree with it is not asked for them again. Absent where more events can happen at any later time.
   */
  readonly completedBy?: CompletingCounter;
}

/** Columns of `tracking.jobs` that can complete an event type. */
export type CompletingCounter = 'number_sent';

/** The columns every event type starts with, in table order. */
export const commonEventColumns = {
  occurred_at: { property: 'EventDate', kind: 'instant' },
  job_id: { property: 'SendID', kind: 'integer', optional: true },
  batch_id: { property: 'BatchID', kind: 'integer', optional: true },
  triggered_send_id: { property: 'TriggeredSendDefinitionObjectID', kind: 'uuid', optional: true },
  subscriber_key: { property: 'SubscriberKey', kind: 'text', optional: true, person: 'key' },
} as const satisfies ColumnDefinitions;

/** Defines one event type; a misspelt identity column does not compile. */
export function defineEvent<const Name extends string, const Columns extends EventDefinition['columns']>(
  definition: EventDefinition & {
    readonly name: Name;
    readonly columns: Columns;
    readonly identity: readonly Exclude<Extract<keyof Columns, string>, 'occurred_at' | 'job_id'>[];
  },
): EventDefinition & { readonly name: Name; readonly columns: Columns } {
  return definition;
}

/** The property that names the business unit a record belongs to; requested with every object type. */
export const accountProperty = 'Client.ID';

/** One array for each definition, so that others can keep by it what they derive from it. */
const requested = new WeakMap<ObjectDefinition, readonly string[]>();

/** `Properties` of a Retrieve: the business unit first, then one per column. */
export function requestedProperties(definition: ObjectDefinition): readonly string[] {
  const properties = requested.get(definition) ?? [
    accountProperty,
    ...Object.values(definition.columns).map((column) => column.property),
  ];
  requested.set(definition, properties);
  return properties;
}
