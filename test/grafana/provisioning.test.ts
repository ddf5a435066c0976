// Provisioning: the files hold only keys that Grafana knows, link the data sources both ways, and have no secret in them.
import { describe, expect, test } from 'vitest';
import { sources } from '../../grafana/source/queries.ts';
import { logqlProblems } from '../support/logql.ts';
import { expressionProblems } from '../support/promql.ts';
import { nameProblems } from '../support/promql-names.ts';
import { dashboards } from './checked-in.ts';
import {
  dashboardsFile,
  dataSource,
  dataSources,
  dataSourcesFile,
  forSpan,
  type Json,
  rawFiles,
  traceToMetrics,
} from './provisioned.ts';

/** Keys of Grafana's provisioning, by its documentation for 13: it takes others without a word and ignores them. */
const KNOWN = {
  file: ['apiVersion', 'prune', 'deleteDatasources', 'datasources'],
  dataSource: [
    'name',
    'uid',
    'type',
    'access',
    'url',
    'isDefault',
    'editable',
    'jsonData',
    'correlations',
    'orgId',
    'version',
  ],
  prometheus: [
    'httpMethod',
    'prometheusType',
    'prometheusVersion',
    'timeInterval',
    'manageAlerts',
    'alertmanagerUid',
    'exemplarTraceIdDestinations',
  ],
  loki: ['maxLines', 'manageAlerts', 'alertmanagerUid', 'derivedFields', 'timeout'],
  jaeger: ['nodeGraph', 'traceIdTimeParams', 'tracesToLogsV2', 'tracesToMetrics', 'spanBar'],
  alertmanager: ['implementation', 'handleGrafanaManagedAlerts'],
  exemplar: ['name', 'datasourceUid', 'url', 'urlDisplayLabel'],
  derivedField: ['name', 'matcherType', 'matcherRegex', 'url', 'datasourceUid', 'urlDisplayLabel', 'targetBlank'],
  tracesToLogs: [
    'datasourceUid',
    'spanStartTimeShift',
    'spanEndTimeShift',
    'tags',
    'filterByTraceID',
    'filterBySpanID',
    'customQuery',
    'query',
  ],
  tracesToMetrics: ['datasourceUid', 'spanStartTimeShift', 'spanEndTimeShift', 'tags', 'queries'],
  correlation: ['targetUID', 'label', 'description', 'type', 'config'],
  provider: [
    'name',
    'type',
    'orgId',
    'folder',
    'folderUid',
    'allowUiUpdates',
    'disableDeletion',
    'updateIntervalSeconds',
    'options',
  ],
} as const;

const onlyKnown = (what: keyof typeof KNOWN, value: unknown): void => {
  const known: readonly string[] = KNOWN[what];
  expect(
    Object.keys(value as Json).filter((key) => !known.includes(key)),
    what,
  ).toEqual([]);
};

const jsonOf = (uid: string): Json => dataSource(uid).jsonData;
const span = { traceId: '0af7651916cd43dd8448eb211c80319c', tags: { 'gen_ai.request.model': 'tiny:latest' } };

describe('data sources', () => {
  test('are those that the dashboards ask', () => {
    expect(dataSources.map(({ uid, type }) => ({ uid, type }))).toEqual(
      Object.values(sources).map(({ uid, type }) => ({ uid, type })),
    );
    expect(dataSources.filter(({ isDefault }) => isDefault === true).map(({ uid }) => uid)).toEqual(['prometheus']);
  });

  test('have only keys that Grafana knows', () => {
    onlyKnown('file', dataSourcesFile);
    for (const source of dataSources) {
      onlyKnown('dataSource', source);
      onlyKnown(source.type as 'prometheus' | 'loki' | 'jaeger' | 'alertmanager', source.jsonData);
    }
    for (const each of jsonOf('prometheus')['exemplarTraceIdDestinations'] as Json[]) onlyKnown('exemplar', each);
    for (const each of jsonOf('loki')['derivedFields'] as Json[]) onlyKnown('derivedField', each);
    onlyKnown('tracesToLogs', jsonOf('jaeger')['tracesToLogsV2']);
    onlyKnown('tracesToMetrics', jsonOf('jaeger')['tracesToMetrics']);
    for (const each of dataSource('loki').correlations ?? []) onlyKnown('correlation', each);
  });

  test('take their addresses from the environment', () => {
    expect(dataSources.map(({ url }) => url)).toEqual([
      'http://prometheus:9090',
      'http://loki:3100',
      'http://jaeger:16686',
      'http://alertmanager:9093',
    ]);
  });

  test('hold no password', () => {
    for (const { path, text } of rawFiles())
      expect(text, path).not.toMatch(/password|secureJsonData|basicAuthUser|token:/i);
  });

  test('link both ways', () => {
    expect(jsonOf('prometheus')['exemplarTraceIdDestinations']).toMatchObject([
      { name: 'trace_id', datasourceUid: 'jaeger' },
    ]);
    const derived = jsonOf('loki')['derivedFields'] as Json[];
    // On OTLP records the id is structured metadata: a pattern on the text of the line would find nothing.
    expect(derived[0]).toMatchObject({ matcherType: 'label', matcherRegex: 'trace_id', datasourceUid: 'jaeger' });
    expect(derived[0]?.['url']).toBe('${__value.raw}');
    expect(jsonOf('jaeger')['tracesToLogsV2']).toMatchObject({ datasourceUid: 'loki', customQuery: true });
    expect(jsonOf('jaeger')['tracesToMetrics']).toMatchObject({ datasourceUid: 'prometheus' });
    expect(dataSource('loki').correlations).toMatchObject([{ targetUID: 'prometheus', type: 'query' }]);
  });

  test('link from log fields to dashboards and variables that are there', () => {
    const urls = (jsonOf('loki')['derivedFields'] as { url: string }[]).map(({ url }) => url);
    for (const url of urls.filter((each) => each.startsWith('/d/'))) {
      const [, uid, variable] = /^\/d\/([\w-]+)\?var-(\w+)=\$\{__value\.raw\}$/.exec(url) ?? [];
      const dashboard = dashboards.find((each) => each.uid === uid);
      expect(
        dashboard?.templating.list.map(({ name }) => name),
        url,
      ).toContain(variable);
    }
  });
});

describe('queries of links', () => {
  test('from a span to logs parse once Grafana has put its trace in', () => {
    const { query } = jsonOf('jaeger')['tracesToLogsV2'] as { query: string };
    const asked = forSpan(query, {}, span);
    expect(asked).toBe(`{service_name=~".+"} | trace_id="${span.traceId}"`);
    expect(logqlProblems(asked)).toEqual([]);
  });

  test('from a span to metrics parse and ask for what is told', () => {
    expect(traceToMetrics().length).toBeGreaterThan(3);
    for (const { name, query } of traceToMetrics()) {
      const asked = forSpan(query, { service_name: 'ollama', host_name: 'box' }, span);
      expect(asked, name).not.toContain('$');
      expect(expressionProblems(asked), name).toEqual([]);
      expect(nameProblems(asked), name).toEqual([]);
    }
  });

  test('from a log line to the GPU find its id in the text of a fault', () => {
    const [correlation] = dataSource('loki').correlations ?? [];
    const config = correlation?.['config'] as {
      target: { expr: string };
      transformations: readonly { expression: string; mapValue: string }[];
    };
    const [{ expression, mapValue } = { expression: '', mapValue: '' }] = config.transformations;
    const line = 'chat tiny:latest was hit by xid.79 on GPU 0 (GPU-5d1c0a37-2b44-46f1-9a0e-6c1fd9e0b7a2)';
    const id = new RegExp(expression).exec(line)?.[1];
    expect(id).toBe('GPU-5d1c0a37-2b44-46f1-9a0e-6c1fd9e0b7a2');
    const asked = config.target.expr.replace(`\${${mapValue}}`, id ?? '');
    expect(asked).not.toContain('$');
    expect(nameProblems(asked)).toEqual([]);
  });
});

describe('the provider of dashboards', () => {
  test('makes a folder of each folder of files', () => {
    expect(dashboardsFile['apiVersion']).toBe(1);
    const [provider] = dashboardsFile['providers'] as Json[];
    onlyKnown('provider', provider);
    expect(provider).toMatchObject({
      type: 'file',
      allowUiUpdates: false,
      options: { path: '/dashboards', foldersFromFilesStructure: true },
    });
    // With folders from files Grafana refuses a folder of the provider's own.
    expect(provider).not.toHaveProperty('folder');
  });
});
