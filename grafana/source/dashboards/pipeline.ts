// Pipeline health: is everything read, understood, linked and delivered, and are the servers behind it well?
import { restartMarks } from '../annotations.ts';
import type { DashboardSpec } from '../dashboard.ts';
import { agentRow, deliveryRow, joinsRow } from './pipeline-delivery.ts';
import { hostRow } from './pipeline-host.ts';
import { linesRow, sourcesRow } from './pipeline-sources.ts';
import { backendsRow, collectorRow } from './pipeline-stack.ts';

export const pipeline: DashboardSpec = {
  name: 'pipeline',
  description:
    'The agent, its sources and links, delivery, Collector, Prometheus, Loki, Jaeger, Alertmanager, the machine.',
  annotations: [restartMarks],
  rows: [sourcesRow, linesRow, joinsRow, deliveryRow, agentRow, collectorRow, backendsRow, hostRow],
};
