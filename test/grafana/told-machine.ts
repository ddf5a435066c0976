// Servers full of what the dashboards show: the composed machine and the demo as replays that ended just now, and a live
// agent beside them, because only a living one tells of its own delivery and memory.
import { appendFileSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { lokiQuery, promExemplars, promQuery, until } from '../real/backends/ask.ts';
import { type Stack, startStack } from '../real/backends/stack.ts';
import { type Program, ROOT, runProgram, startProgram } from '../support/program.ts';
import { createScratch } from '../support/scratch.ts';
import type { View } from './as-grafana.ts';

const REPLAYED = ['composed-two-gpus', 'demo'];
/** Longer than the longest recording, and than Prometheus looks back. */
const RANGE_SECONDS = 2_400;
/** A replay at full speed makes snapshots faster than they can be sent; fewer of them fit the queue. */
const REPLAY_INTERVAL = '20';
const LIVE_SERVICE = 'ollama-live';

export type ToldMachine = { readonly view: View; readonly stop: () => Promise<void> };

const replay = async (stack: Stack, recording: string): Promise<void> => {
  const args = ['replay', join(ROOT, 'recordings', recording), '--otlp', 'on', '--times', 'end-now'];
  const { code, stderr } = await runProgram([...args, '--metric-interval', REPLAY_INTERVAL, '--output', 'none'], {
    env: { OTEL_EXPORTER_OTLP_ENDPOINT: stack.otlpHttpUrl, OTEL_EXPORTER_OTLP_PROTOCOL: 'http/protobuf' },
  });
  if (code !== 0) throw new Error(`the replay of ${recording} ended with ${code}: ${stderr}`);
};

const LOG = 'server.log';

/** The live agent's server has another evening like the one before. */
const moreRequests = (folder: string): void =>
  appendFileSync(join(folder, LOG), readFileSync(join(ROOT, 'recordings', 'demo', 'ollama.raw')));

const liveAgent = (stack: Stack, folder: string): Program => {
  const log = join(folder, LOG);
  moreRequests(folder);
  const none = ['--ollama-url', 'none', '--nvidia-smi', 'none', '--kernel-log', 'none', '--metrics-listen', 'none'];
  const args = ['run', '--ollama-log', log, '--start-at', 'beginning', '--otlp', 'on', '--metric-interval', '0.25'];
  return startProgram([...args, ...none, '--service-name', LIVE_SERVICE, '--output', 'none'], {
    env: { OTEL_EXPORTER_OTLP_ENDPOINT: stack.otlpHttpUrl, OTEL_EXPORTER_OTLP_PROTOCOL: 'http/protobuf', HOME: folder },
    cwd: folder,
  });
};

const now = (): number => Date.now() / 1_000;

/** What comes last on each of the three ways; answers a trace that a fault hit. */
const arrived = async (stack: Stack, folder: string): Promise<string> => {
  await until('delivery of the live agent in Prometheus', () =>
    promQuery(stack.prometheusUrl, `ollascope_delivery_exported_total{service_name="${LIVE_SERVICE}"}`),
  );
  await until('CPU time of the live agent over some while', () =>
    promQuery(stack.prometheusUrl, `rate(process_cpu_time_seconds_total{service_name="${LIVE_SERVICE}"}[40s]) > 0`),
  );
  await until('exemplars of span metrics', () =>
    promExemplars(
      stack.prometheusUrl,
      'traces_span_metrics_duration_seconds_bucket{service_name="ollama"}',
      now() - RANGE_SECONDS,
      now() + 60,
    ),
  );
  const spans = `traces_span_metrics_duration_seconds_count{service_name="${LIVE_SERVICE}",span_kind="SPAN_KIND_SERVER"}`;
  await until('span metrics of the live agent', () => promQuery(stack.prometheusUrl, `${spans} > 0`));
  // Only what grows has a rate: a series that comes with its counts in it has none.
  moreRequests(folder);
  await until('span metrics of requests that grow', () => promQuery(stack.prometheusUrl, `rate(${spans}[40s]) > 0`));
  await until('burn rates that the rules record', () =>
    promQuery(stack.prometheusUrl, 'model_slo:bad:ratio_rate1h{service_name="ollama"}'),
  );
  await until('the machine of the Collector', () =>
    promQuery(stack.prometheusUrl, 'rate(system_cpu_time_seconds_total[40s]) > 0'),
  );
  await until('two scrapes of each server', () => promQuery(stack.prometheusUrl, 'min(count_over_time(up[40s])) >= 2'));
  const hits = await until('requests hit by a fault in Loki', () =>
    lokiQuery(stack.lokiUrl, '{service_name="ollama"} | event_name="ollama.request.fault_hit"'),
  );
  return hits[0]?.metadata['trace_id'] ?? '';
};

export const startToldMachine = async (): Promise<ToldMachine> => {
  const stack = await startStack({ promInterval: '1s', env: { OLLASCOPE_HOST_INTERVAL: '1s' } });
  const scratch = createScratch();
  const agent = liveAgent(stack, scratch.folder);
  const stop = async (): Promise<void> => {
    agent.kill('SIGTERM');
    await agent.ended;
    await stack.stop();
    scratch.remove();
  };
  try {
    for (const recording of REPLAYED) await replay(stack, recording);
    const trace = await arrived(stack, scratch.folder);
    const to = now();
    return { view: { stack, from: to - RANGE_SECONDS, to, chosen: { traces_of: 'ollama', trace } }, stop };
  } catch (error) {
    await stop();
    throw error;
  }
};
