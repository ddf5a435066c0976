// Every attribute key there is, once. Metrics, spans and log events name keys of this table; anything else does not compile.
import type { AttributeType } from './attribute-form.ts';
import { conventionAttributes } from './attributes-conventions.ts';
import { ownAttributes } from './attributes-own.ts';

export type { AttributeDef, AttributeSource, AttributeType } from './attribute-form.ts';

export const attributes = { ...conventionAttributes, ...ownAttributes };

export type AttributeKey = keyof typeof attributes;

type ValueOfType<T extends AttributeType> = T extends 'string'
  ? string
  : T extends 'int' | 'double'
    ? number
    : T extends 'boolean'
      ? boolean
      : T extends 'string[]'
        ? readonly string[]
        : readonly number[];

export type ValueOf<K extends AttributeKey> = ValueOfType<(typeof attributes)[K]['type']>;

/** An object type with `Required` keys that must and `Optional` keys that may be there, and no others. */
export type AttributesWith<Required extends AttributeKey, Optional extends AttributeKey = never> = {
  readonly [K in Required]: ValueOf<K>;
} & { readonly [K in Optional]?: ValueOf<K> };

/** Resource attributes that backends may turn into labels. */
export const labelAttributes: readonly AttributeKey[] = Object.entries(attributes).flatMap(([key, row]) =>
  row.label === true && isAttributeKey(key) ? [key] : [],
);

export function isAttributeKey(key: string): key is AttributeKey {
  return Object.hasOwn(attributes, key);
}
