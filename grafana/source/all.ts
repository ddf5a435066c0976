// Every dashboard with the file it becomes: a folder of Grafana, then its uid. Text is stable: the same source, the same bytes.
import type { Dashboard } from '@grafana/grafana-foundation-sdk/dashboard';
import { type DashboardSpec, dashboardOf } from './dashboard.ts';
import { correlation } from './dashboards/correlation.ts';
import { cost } from './dashboards/cost.ts';
import { gpu } from './dashboards/gpu.ts';
import { inference } from './dashboards/inference.ts';
import { models } from './dashboards/models.ts';
import { overview } from './dashboards/overview.ts';
import { pipeline } from './dashboards/pipeline.ts';
import { usage } from './dashboards/usage.ts';
import { TITLES, uids } from './links.ts';

const specs: readonly DashboardSpec[] = [overview, inference, gpu, correlation, models, cost, usage, pipeline];

const text = (dashboard: Dashboard): string => `${JSON.stringify(dashboard, undefined, 2)}\n`;

/** Path below grafana/dashboards → JSON. */
export const dashboardFiles = (): ReadonlyMap<string, string> =>
  new Map(specs.map((spec) => [`${TITLES[spec.name]}/${uids[spec.name]}.json`, text(dashboardOf(spec))]));
