// The form of an attribute's row, and the three words with which rows are written. A row is the whole truth about a key.

export type AttributeType = 'string' | 'int' | 'double' | 'boolean' | 'string[]' | 'int[]';

/** `stable` and `development` are statuses of the OpenTelemetry conventions; `own` has no convention. */
export type AttributeSource = 'stable' | 'development' | 'own';

export type AttributeDef<T extends AttributeType = AttributeType> = {
  readonly type: T;
  readonly source: AttributeSource;
  readonly brief: string;
  readonly examples: readonly (string | number | boolean)[];
  /** How many values one host can show, where that is not obvious. */
  readonly cardinality?: string;
  /** A resource attribute that backends may turn into a label of every series or stream: few values, set once per process. */
  readonly label?: true;
};

type More = Pick<AttributeDef, 'cardinality' | 'label'>;

const rowOf =
  (source: AttributeSource) =>
  <T extends AttributeType>(
    type: T,
    brief: string,
    examples: AttributeDef['examples'],
    more: More = {},
  ): AttributeDef<T> => ({
    type,
    source,
    brief,
    examples,
    ...more,
  });

export const stable = rowOf('stable');
export const development = rowOf('development');
export const own = rowOf('own');
