// How sure a link is, from its margin. If costs were exact log-likelihoods the logistic function would be the whole story;
// what real runs showed beyond it is in the constants (bench/join.ts prints claimed against true, DECISIONS.md keeps the table).

/** Nothing inferred is told as certain. */
const CONFIDENCE_MAX = 0.999;

/** Without arrival times an access line is known to a second: 99.9 % of such margins held, but no clock vouches for them. */
export const COARSE_CONFIDENCE_MAX = 0.98;

/**
 * 0.5 at no margin, 0.9 at 2.2 nats, 0.99 at 4.6. `lookalikes` are further choices about as good: three tasks that cannot be
 * told apart leave a third for each.
 */
export const confidenceOfMargin = (marginNats: number, lookalikes = 1): number =>
  Math.min(CONFIDENCE_MAX, 1 / (1 + Math.max(1, lookalikes) * Math.exp(-marginNats)));
