// The words with which rows of log events are written; the form itself is in logs.ts.
import type { Severity } from '../signal.ts';
import type { AttributeKey } from './attributes.ts';

/** An event that a line is. */
export const line = <K extends string>(
  reading: K,
  severity: Severity,
  brief: string,
  attributes: readonly AttributeKey[] = [],
) => ({
  severity,
  brief,
  reading,
  attributes,
});

/** An event that a fact is. */
export const fact = <F extends string>(
  name: F,
  severity: Severity,
  brief: string,
  attributes: readonly AttributeKey[] = [],
) => ({
  severity,
  brief,
  fact: name,
  attributes,
});
