// Every query of every dashboard: it parses, asks for what is told, and is filtered by the dashboard's variables.
import { describe, expect, test } from 'vitest';
import { recordFields } from '../../loki/fields.ts';
import { isAttributeKey } from '../../otel/catalogue/attributes.ts';
import { type LogEventName, lineAttributes, logEventRow } from '../../otel/catalogue/logs.ts';
import { metricNames, metricRow } from '../../otel/catalogue/metrics.ts';
import { spans } from '../../otel/catalogue/spans.ts';
import { attributeOfLabel, labelName, metricOfPrometheusName, prometheusName } from '../../otel/names.ts';
import { logqlProblems, parseLogql } from '../support/logql.ts';
import { expressionProblems, groupingsOf, selectorsOf } from '../support/promql.ts';
import { nameProblems } from '../support/promql-names.ts';
import { type Asked, asked, askedOf, dashboards, labelValues, panelsOf, variablesIn } from './checked-in.ts';

const problemsOf = (of: readonly Asked[], problems: (expr: string) => readonly string[]): readonly string[] =>
  of.flatMap(({ where, target }) => problems(target.expr ?? '').map((problem) => `${where}: ${problem}`));

const familyOf = (series: string): string => series.replace(/_(bucket|sum|count)$/, '');
const metricOf = (series: string) => metricOfPrometheusName.get(series) ?? metricOfPrometheusName.get(familyOf(series));

describe('queries of Prometheus', () => {
  test('there are some', () => {
    expect(askedOf('prometheus').length).toBeGreaterThan(100);
  });

  test('parse', () => {
    expect(problemsOf(askedOf('prometheus'), expressionProblems)).toEqual([]);
  });

  test('name only metrics and labels that somebody tells', () => {
    expect(problemsOf(askedOf('prometheus'), nameProblems)).toEqual([]);
  });

  test('are filtered by every variable that their metric can answer to', () => {
    const unfiltered = askedOf('prometheus')
      .filter(({ kind }) => kind === 'panel')
      .flatMap(({ where, target }) =>
        selectorsOf((target.expr ?? '').replaceAll('$', '§')).flatMap(({ metric, matchers }) => {
          const name = metric === undefined ? undefined : metricOf(metric);
          if (name === undefined) return [];
          const row = metricRow(name);
          const keys = [...row.attributes, ...(row.optional ?? [])];
          const wanted = {
            service_name: '§service',
            host_name: '§host',
            ...(keys.includes('gen_ai.request.model') ? { gen_ai_request_model: '§model' } : {}),
            ...(keys.includes('hw.id') ? { hw_id: '§gpu' } : {}),
          };
          return Object.entries(wanted)
            .filter(([label, value]) => !matchers.some((m) => m.label === label && m.op === '=~' && m.value === value))
            .map(([label]) => `${where}: ${metric} is not filtered by ${label}`);
        }),
      );
    expect(unfiltered).toEqual([]);
  });

  test('compare a bucket only with bounds that are there and written alike by scrape and OTLP', () => {
    for (const { where, target } of askedOf('prometheus')) {
      for (const { metric, matchers } of selectorsOf(target.expr ?? '')) {
        const bound = matchers.find(({ label }) => label === 'le')?.value;
        const name = metric === undefined ? undefined : metricOf(metric);
        if (bound === undefined || name === undefined) continue;
        expect(metricRow(name).buckets, where).toContain(Number(bound));
        expect(Number.isInteger(Number(bound)), `${where}: le="${bound}" is "${bound}.0" by scrape`).toBe(false);
      }
    }
  });

  test('ask for exemplars only where there are some: span metrics', () => {
    const withExemplars = askedOf('prometheus').filter(({ target }) => target.exemplar === true);
    expect(withExemplars.length).toBeGreaterThan(3);
    for (const { where, target } of withExemplars)
      expect(target.expr, where).toContain('traces_span_metrics_duration_seconds_bucket');
  });

  test('show every metric of the catalogue somewhere', () => {
    const shown = new Set(
      asked.flatMap(({ target }) =>
        target.datasource.type === 'prometheus'
          ? selectorsOf(target.expr ?? '').map(({ metric }) => familyOf(metric ?? ''))
          : [],
      ),
    );
    const missing = metricNames.filter(
      (name) => !shown.has(prometheusName(name)) && !shown.has(familyOf(prometheusName(name))),
    );
    expect(missing).toEqual([]);
  });
});

describe('queries of Loki', () => {
  test('there are some', () => {
    expect(askedOf('loki').length).toBeGreaterThan(20);
  });

  test('parse, and name only labels, fields and events of the contract', () => {
    expect(problemsOf(askedOf('loki'), logqlProblems)).toEqual([]);
  });

  test('are kept to the chosen services and hosts', () => {
    for (const { where, target } of askedOf('loki')) {
      expect(target.expr, where).toContain('service_name=~"$service"');
      expect(target.expr, where).toContain('host_name=~"$host"');
    }
  });
});

describe('columns of tables', () => {
  const tables = dashboards.flatMap((dashboard) =>
    panelsOf(dashboard)
      .filter(({ type }) => type === 'table')
      .map((panel) => ({ where: `${dashboard.uid} / ${panel.title}`, panel })),
  );
  const namesOf = (panel: (typeof tables)[number]['panel']): readonly string[] =>
    (panel.transformations ?? []).flatMap(({ options }) => options.include?.names ?? []);

  test('of numbers are labels that the query leaves, or its value', () => {
    for (const { where, panel } of tables.filter((each) => each.panel.datasource?.uid === 'prometheus')) {
      const targets = panel.targets ?? [];
      const labels = targets.flatMap(({ expr = '' }) => groupingsOf(expr).flatMap((grouping) => grouping.labels));
      const values = targets.length > 1 ? targets.map(({ refId }) => `Value #${refId}`) : ['Value'];
      for (const name of namesOf(panel)) expect([...labels, ...values], where).toContain(name);
    }
  });

  test('of records are fields that the event has', () => {
    const always: readonly string[] = ['timestamp', 'Time', 'body', 'Line', ...Object.values(recordFields)];
    for (const { where, panel } of tables.filter((each) => each.panel.datasource?.uid === 'loki')) {
      const events = (panel.targets ?? []).flatMap(({ expr = '' }) => parseLogql(expr).events) as LogEventName[];
      const fields = events.flatMap((event) => logEventRow(event).attributes).map(labelName);
      for (const name of namesOf(panel))
        expect([...always, ...fields, ...lineAttributes.map(labelName)], where).toContain(name);
    }
  });

  test('of traces are fields of the Jaeger data source', () => {
    for (const { where, panel } of tables.filter((each) => each.panel.datasource?.uid === 'jaeger'))
      for (const name of namesOf(panel))
        expect(['traceID', 'traceName', 'startTime', 'duration'], where).toContain(name);
  });
});

describe('queries of Jaeger', () => {
  test('search by span names and attributes of the catalogue', () => {
    const searches = askedOf('jaeger').filter(({ target }) => target.queryType === 'search');
    expect(searches.length).toBeGreaterThan(3);
    const names = Object.values(spans).map(({ name }): string => name);
    for (const { where, target } of searches) {
      expect(target.service, where).toBe('$traces_of');
      if (target.operation !== undefined) expect(names, where).toContain(target.operation);
      for (const tag of (target.tags ?? '').split(' ').filter((each) => each !== '')) {
        const [key = ''] = tag.split('=');
        expect(isAttributeKey(key), `${where}: ${key}`).toBe(true);
      }
    }
  });
});

describe('variables', () => {
  test('that are used are there', () => {
    for (const { where, dashboard, target } of asked) {
      const names = dashboard.templating.list.map(({ name }) => name);
      const texts = [target.expr, target.query, target.service, target.tags].filter((text) => text !== undefined);
      for (const name of texts.flatMap(variablesIn)) expect(names, where).toContain(name);
    }
  });

  test('that are there are used', () => {
    for (const dashboard of dashboards) {
      const used = new Set(
        asked
          .filter((each) => each.dashboard === dashboard)
          .flatMap(({ target }) => [target.expr, target.query, target.service].flatMap((t) => variablesIn(t ?? ''))),
      );
      // All dashboards carry the common ones, so that they go along on every link.
      for (const { name } of dashboard.templating.list)
        if (!['service', 'host', 'model', 'gpu'].includes(name))
          expect(used, `${dashboard.uid} ${name}`).toContain(name);
    }
  });

  test('list values of labels that exist', () => {
    for (const { uid, templating } of dashboards) {
      for (const variable of templating.list.filter(({ type }) => type === 'query')) {
        const label = labelValues(variable)?.label ?? '';
        expect(attributeOfLabel.has(label), `${uid} ${variable.name}: ${label}`).toBe(true);
      }
    }
  });
});
