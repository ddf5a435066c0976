// A stack that runs already (somebody's compose, or `node test/real/backends/up.ts`), given by its addresses.

export type ExternalUrls = {
  readonly otlpHttpUrl: string;
  readonly otlpGrpcUrl: string;
  readonly prometheusUrl: string;
  readonly lokiUrl: string;
  readonly jaegerUrl: string;
  readonly alertmanagerUrl: string;
};

export const EXTERNAL_NAMES: Readonly<Record<keyof ExternalUrls, string>> = {
  otlpHttpUrl: 'OLLASCOPE_STACK_COLLECTOR_HTTP',
  otlpGrpcUrl: 'OLLASCOPE_STACK_COLLECTOR_GRPC',
  prometheusUrl: 'OLLASCOPE_PROMETHEUS_URL',
  lokiUrl: 'OLLASCOPE_LOKI_URL',
  jaegerUrl: 'OLLASCOPE_JAEGER_URL',
  alertmanagerUrl: 'OLLASCOPE_ALERTMANAGER_URL',
};

/** Undefined when none is set; an error that names what is missing when only some are. */
export const externalUrls = (env: Readonly<Record<string, string | undefined>>): ExternalUrls | undefined => {
  const value = (name: keyof ExternalUrls): string => (env[EXTERNAL_NAMES[name]] ?? '').replace(/\/+$/, '');
  const urls: ExternalUrls = {
    otlpHttpUrl: value('otlpHttpUrl'),
    otlpGrpcUrl: value('otlpGrpcUrl'),
    prometheusUrl: value('prometheusUrl'),
    lokiUrl: value('lokiUrl'),
    jaegerUrl: value('jaegerUrl'),
    alertmanagerUrl: value('alertmanagerUrl'),
  };
  const names = Object.values(EXTERNAL_NAMES);
  const missing = names.filter((name) => (env[name] ?? '') === '');
  if (missing.length === names.length) return undefined;
  if (missing.length > 0) {
    throw new Error(
      `expected either all or none of a running stack's addresses; missing: ${missing.join(', ')}. ` +
        'Set them too, or unset the others so that the tests start servers of their own.',
    );
  }
  return urls;
};
