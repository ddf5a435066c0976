// How sure a link is, from its margin. If costs were exact log-likelihoods the logistic function would be the whole story;
// what real runs showed beyond it is in the constants (bench/join.ts prints claimed against true, DECISIONS.md keeps the table).

/** Nothing inferred is told as certain. */
const CONFIDENCE_MAX = 0.999;

/** 0.5 at no margin (two indistinguishable choices), 0.9 at 2.2 nats, 0.99 at 4.6. */
export const confidenceOfMargin = (marginNats: number): number => Math.min(CONFIDENCE_MAX, 1 / (1 + Math.exp(-marginNats)));
