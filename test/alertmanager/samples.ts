// Alerts as Prometheus and Loki's ruler send them, external labels included. Times are fixed, so that messages can be read.
import type { Alert } from './running.ts';

const STARTED = '2026-11-20T10:00:00.000Z';
const ENDED = '2026-11-20T10:07:30.000Z';

const EXTERNAL = { grafana: 'http://grafana.example', runbooks: 'http://runbooks.example' };
export const GPU_0 = 'GPU-11111111-2222-3333-4444-555555555555';
export const GPU_1 = 'GPU-66666666-7777-8888-9999-aaaaaaaaaaaa';
export const TRACE = '0af7651916cd43dd8448eb211c80319c';

export type Sample = {
  readonly name: string;
  readonly notify: string;
  readonly severity?: string;
  readonly priority?: string;
  readonly labels?: Readonly<Record<string, string>>;
};

export const sampleAlert = ({ name, notify, severity = 'warning', priority = 'P3', labels = {} }: Sample): Alert => ({
  labels: {
    alertname: name,
    severity,
    priority,
    component: 'gpu',
    host_name: 'gpu-box',
    ...EXTERNAL,
    notify,
    ...labels,
  },
  annotations: {
    summary: `${name} on gpu-box`,
    description: 'What happened, in a sentence.',
    runbook_url: `http://runbooks.example/${name}.md`,
    dashboard_url: 'http://grafana.example/d/ollascope-gpu?from=1&to=2',
  },
  startsAt: STARTED,
});

/** The page of the acceptance: a fault, the model and the request that it hit. */
export const faultHit = (notify: string, labels: Readonly<Record<string, string>> = {}): Alert => {
  const base = sampleAlert({ name: 'GpuFaultHitRequest', notify, severity: 'critical', priority: 'P1' });
  return {
    ...base,
    labels: {
      ...base.labels,
      service_name: 'ollama',
      hw_id: GPU_0,
      nvidia_gpu_index: '0',
      gen_ai_request_model: 'tiny:latest',
      trace_id: TRACE,
      error_type: 'xid.79',
      ...labels,
    },
    annotations: { ...base.annotations, summary: 'A request to tiny:latest was hit by xid.79' },
  };
};

/**
 * As one that begins now. An alert that is older than the group's wait ends that wait at once, with whatever of the group has
 * been taken in by then.
 */
export const beginning = ({ startsAt: _, ...alert }: Alert): Alert => alert;

export const ended = (alert: Alert): Alert => ({ ...alert, endsAt: ENDED });
