import type { SettingKind } from './setting-kinds.ts';

/** What the documentation says about a setting. */
interface SettingTexts {
  /** Read as if it had been set. */
  readonly default?: string;
  /** For the documentation, where the default depends on something. */
  readonly defaultText?: string;
  /** One sentence. */
  readonly meaning: string;
  /** The value may also stand in a file that `NAME_FILE` names. */
  readonly mayBeFile?: true;
}

/** One environment variable: what it may hold, and what is said about it. */
export interface Setting<Value = unknown> extends SettingTexts, SettingKind<Value> {
  /** The environment variable. */
  readonly name: string;
}

/** Its value; undefined where it was not given and has no default. */
export type ValueOf<Declared> =
  Declared extends Setting<infer Value> ? (Declared extends WithDefault ? Value : Value | undefined) : never;

export interface WithDefault {
  readonly default: string;
}

/** Declares one environment variable: its name, what it may hold, its default and its documentation. */
export function setting<Value>(
  name: string,
  kind: SettingKind<Value>,
  texts: SettingTexts & WithDefault,
): Setting<Value> & WithDefault;
export function setting<Value>(name: string, kind: SettingKind<Value>, texts: SettingTexts): Setting<Value>;
export function setting(name: string, kind: SettingKind, texts: SettingTexts): Setting {
  return { ...texts, ...kind, name };
}
