// Inference: per model, what was asked, how long it took and where the time went, what went wrong.
import { allMarks } from '../annotations.ts';
import type { DashboardSpec } from '../dashboard.ts';
import { loadsRow, otherRow, tokensRow, tracesRow } from './inference-details.ts';
import { latencyRow, timeRow } from './inference-latency.ts';
import { requestsRow, sloRow } from './inference-requests.ts';

export const inference: DashboardSpec = {
  name: 'inference',
  description: 'Requests per model: rate, errors, service levels, latency and where it goes, tokens, traces.',
  annotations: allMarks,
  variables: ['traces_of'],
  rows: [requestsRow, sloRow, latencyRow, timeRow, tokensRow, loadsRow, tracesRow, otherRow],
};
