// The programs that the backends' tests run, as a table: which module each is built from, and how.

import { join } from 'node:path';
import { VERSIONS } from '../versions.ts';

export type Tool = {
  readonly name: string;
  readonly version: string;
  /** The folder beside this file that holds go.mod and go.sum. */
  readonly recipe: string;
  readonly package: string;
  readonly ldflags: string;
  readonly tags?: string;
};

const { prometheus, alertmanager, loki, jaeger, collector, compose } = VERSIONS;
/** Where each program keeps its own release: `--version`, build-information metrics and APIs are empty without it. */
const VERSION_VARIABLES: Readonly<Record<string, string>> = {
  'go-alertmanager': `github.com/prometheus/common/version.Version=${alertmanager.release}`,
  'go-prometheus': `github.com/prometheus/common/version.Version=${prometheus.release}`,
  'go-loki': `github.com/grafana/loki/v3/pkg/util/build.Version=${loki.release}`,
  'go-jaeger': `github.com/jaegertracing/jaeger/internal/version.latestVersion=v${jaeger.release}`,
  'go-compose': `github.com/docker/compose/v2/internal.Version=v${compose.release}`,
};

/** Without symbols and debug information: a third smaller. */
const STRIPPED = '-s -w';

const row = (name: string, version: string, recipe: string, path: string): Tool => {
  const variable = VERSION_VARIABLES[recipe];
  return {
    name,
    version,
    recipe,
    package: path,
    ldflags: variable === undefined ? STRIPPED : `${STRIPPED} -X ${variable}`,
  };
};

/** Cheap ones first: a wrong set-up shows early. */
export const TOOLS = {
  alertmanager: row(
    'alertmanager',
    alertmanager.release,
    'go-alertmanager',
    'github.com/prometheus/alertmanager/cmd/alertmanager',
  ),
  amtool: row('amtool', alertmanager.release, 'go-alertmanager', 'github.com/prometheus/alertmanager/cmd/amtool'),
  prometheus: {
    ...row('prometheus', prometheus.release, 'go-prometheus', 'github.com/prometheus/prometheus/cmd/prometheus'),
    tags: 'remove_all_sd',
  },
  promtool: {
    ...row('promtool', prometheus.release, 'go-prometheus', 'github.com/prometheus/prometheus/cmd/promtool'),
    tags: 'remove_all_sd',
  },
  otelcol: { ...row('otelcol', collector.release, 'go-collector', '.'), tags: 'grpcnotrace' },
  jaeger: row('jaeger', jaeger.release, 'go-jaeger', 'github.com/jaegertracing/jaeger/cmd/jaeger'),
  loki: row('loki', loki.release, 'go-loki', 'github.com/grafana/loki/v3/cmd/loki'),
  logcli: row('logcli', loki.release, 'go-loki', 'github.com/grafana/loki/v3/cmd/logcli'),
  'docker-compose': row('docker-compose', compose.release, 'go-compose', 'github.com/docker/compose/v2/cmd'),
} as const satisfies Readonly<Record<string, Tool>>;

/** Needed only to write go-collector/ anew: generate-collector.ts. */
export const COLLECTOR_BUILDER: Tool = row(
  'ocb',
  collector.release,
  'go-collector-builder',
  'go.opentelemetry.io/collector/cmd/builder',
);

export type ToolName = keyof typeof TOOLS;

export const TOOL_NAMES = Object.keys(TOOLS).filter((name): name is ToolName => name in TOOLS);

export const recipeFolder = (tool: Tool): string => join(import.meta.dirname, tool.recipe);
