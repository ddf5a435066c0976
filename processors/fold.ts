// The shape of every processor: a synchronous step over readings and facts that emits facts. No clock, no I/O, no throw:
// time comes in as ticks and as the readings' own times.
import type { Emit, Reading } from '../collectors/reading.ts';
import type { Fact } from './fact.ts';

export type Input = Reading | Fact;

/**
 * A fold owns its state, bounded by constants in limits.ts. `step` sees every reading and every fact of the folds before it.
 * Returning true consumes the fact: folds after this one and `describe` do not see it (the fold emits its own form later).
 */
export type Fold = {
  readonly name: string;
  readonly step: (input: Input, emit: Emit<Fact>) => boolean;
  /** What is still open at shutdown is told as abandoned. */
  readonly end: (emit: Emit<Fact>) => void;
};
