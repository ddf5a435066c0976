// Events drawn over every graph of a dashboard: GPU faults and crashes from Loki, alerts from Prometheus.
import type * as cog from '@grafana/grafana-foundation-sdk/cog';
import { type AnnotationQuery, AnnotationQueryBuilder } from '@grafana/grafana-foundation-sdk/dashboard';
import { field } from '../../loki/fields.ts';
import type { LogEventName } from '../../otel/catalogue/logs.ts';
import { foreign } from './expressions.ts';
import { events, ofGpu } from './logs.ts';
import { over, records, sources, targetOf } from './queries.ts';

/** More marks than this hide the graph beneath them. */
const MARKS_MAX = 200;

/** The SDK hides the switches of annotations in a menu by default; here they are part of what is looked at. */
const visible = (builder: AnnotationQueryBuilder): cog.Builder<AnnotationQuery> => ({
  build: () => {
    const { placement: _, ...annotation } = builder.build();
    return annotation;
  },
});

/** Loki's data source reads `expr` of the annotation itself, newer ones its target: both say the same. */
const fromLoki = (
  name: string,
  color: string,
  condition: string,
  tag: string,
  ...names: readonly LogEventName[]
): cog.Builder<AnnotationQuery> =>
  visible(
    new AnnotationQueryBuilder()
      .name(name)
      .datasource(sources.loki)
      .enable(true)
      .iconColor(color)
      .target(targetOf(records(`${events(...names)}${condition}`, MARKS_MAX), 0))
      .expr(`${events(...names)}${condition}`)
      .titleFormat(name)
      .tagKeys(tag),
  );

const faultMarks = fromLoki('GPU faults', 'red', ofGpu, field('error.type'), 'nvidia.gpu.fault');
export const crashMarks = fromLoki('Runner crashes', 'orange', '', field('error.type'), 'ollama.runner.crashed');
export const evictionMarks = fromLoki('Evictions', 'purple', '', field('gen_ai.request.model'), 'ollama.model.evicted');
export const restartMarks = fromLoki('Server starts', 'blue', '', field('ollama.version'), 'ollama.server.started');

const firing = foreign('ALERTS', 'alertstate="firing"');

const alertMarks: cog.Builder<AnnotationQuery> = visible(
  new AnnotationQueryBuilder()
    .name('Alerts')
    .datasource(sources.prometheus)
    .enable(true)
    .iconColor('yellow')
    .target(targetOf(over(firing), 0))
    .expr(firing)
    .titleFormat('{{alertname}}')
    .textFormat('{{severity}} {{service_name}} {{host_name}} {{hw_id}} {{gen_ai_request_model}}')
    .tagKeys('severity,priority'),
);

export const allMarks = [faultMarks, crashMarks, evictionMarks, restartMarks, alertMarks];
