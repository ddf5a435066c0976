// The program tells recordings and files to real backends, each signal straight to the one that keeps it: what reaches them here
// has passed no Collector.
import type { Stack } from '../real/backends/stack.ts';
import { runProgram } from '../support/program.ts';

/** The servers that it needs. */
export const TOLD_TO = ['loki', 'jaeger', 'prometheus'] as const;

export type TellOptions = {
  readonly paths: readonly string[];
  readonly times: 'recorded' | 'start-now' | 'end-now';
  readonly flags?: readonly string[];
};

export const tell = async (stack: Stack, { paths, times, flags = [] }: TellOptions): Promise<void> => {
  const args = ['replay', ...paths, '--otlp', 'on', '--output', 'none', '--times', times, ...flags];
  const { code, stderr } = await runProgram(args, {
    env: {
      OTEL_EXPORTER_OTLP_PROTOCOL: 'http/protobuf',
      OTEL_EXPORTER_OTLP_LOGS_ENDPOINT: `${stack.lokiUrl}/otlp/v1/logs`,
      OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: `http://${stack.env['OLLASCOPE_JAEGER_OTLP_HTTP']}/v1/traces`,
      OTEL_EXPORTER_OTLP_METRICS_ENDPOINT: `${stack.prometheusUrl}/api/v1/otlp/v1/metrics`,
    },
  });
  const refused = stderr.split('\n').filter((line) => /otlp: (logs|traces): .*refused/.test(line));
  if (code !== 0 || refused.length > 0) throw new Error(`expected all told, found exit code ${code}:\n${stderr}`);
};
