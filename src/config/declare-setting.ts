import { z } from 'zod';
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

export interface SettingDeclaration extends SettingTexts {
  /** The environment variable. */
  readonly name: string;
  /** Ends the sentences "NAME is not set: …" and "NAME is "x": …". */
  readonly expected: string;
}

const declarations = z.registry<SettingDeclaration>();

/** Declares one environment variable: its name, what it may hold, its default and its documentation. */
export function setting<Value>(
  name: string,
  kind: SettingKind<Value>,
  texts: SettingTexts & { readonly default: string },
): z.ZodPrefault<z.ZodType<Value, string>>;
export function setting<Value>(
  name: string,
  kind: SettingKind<Value>,
  texts: SettingTexts,
): z.ZodOptional<z.ZodType<Value, string>>;
export function setting(name: string, { schema, expected }: SettingKind, texts: SettingTexts) {
  const withDefault = texts.default === undefined ? schema.optional() : schema.prefault(texts.default);
  return withDefault.register(declarations, { ...texts, name, expected });
}

/** What was declared with this schema. */
export function declarationOf(schema: z.ZodType): SettingDeclaration {
  const declaration = declarations.get(schema);
  if (declaration === undefined) throw new Error('a setting was not declared by setting()');
  return declaration;
}
