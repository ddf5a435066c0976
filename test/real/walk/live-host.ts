// The live half of the walk: real Ollama on the GPU host, the agent that follows it as a program of its own, and how long a
// thing took to show up.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Program, startProgram } from '../../support/program.ts';
import { type JaegerSpan, jaegerSearch, promQuery, until } from '../backends/ask.ts';
import type { Stack } from '../backends/stack.ts';
import { copyModels } from '../ollama/models.ts';
import { inference } from '../ollama/requests.ts';
import { type OllamaServer, startOllama } from '../ollama/server.ts';
import { createDriver, type RequestTruth } from '../ollama/truth.ts';
import { createGpuHost, GPU, type GpuHost } from './gpu-host.ts';

export const LIVE_HOST = 'walk-host';
const SERVICE = 'ollama';
export const MODEL = 'slow:latest';
/** Everything that the agent of this host told Loki. */
export const ALL_LINES = `{service_name="${SERVICE}",host_name="${LIVE_HOST}"}`;

/** The traces of one client: every request has an address of its own. */
export const tracesOf = (stack: Stack, client: string): Promise<JaegerSpan[][]> =>
  jaegerSearch(stack.jaegerUrl, { service: SERVICE, attributes: { 'client.address': client } });

/** Metrics four times a second, where a test looks at single seconds: further arguments of the agent. */
export const QUICK: readonly string[] = ['--metric-interval', '0.25'];

export const isRoot = ({ parentSpanId }: JaegerSpan): boolean => parentSpanId === '';

/** This agent follows everything and has its GPU's name: a series of the one before it would not say so. */
export const gpuIsSeen = async (stack: Stack, agent: Program): Promise<void> => {
  const power = `hw_power_watts{hw_id="${GPU.uuid}",host_name="${LIVE_HOST}"}`;
  const since = Date.now() / 1_000;
  try {
    await until('the GPU in Prometheus', () => promQuery(stack.prometheusUrl, `timestamp(${power}) > ${since}`));
  } catch (error) {
    throw new Error(`${error}; the agent said:\n${agent.stderr()}`);
  }
};

export type LiveHost = {
  readonly gpu: GpuHost;
  readonly ollama: OllamaServer;
  /** A streamed chat of so many tokens, and what its client saw. */
  readonly chat: (tokens: number) => Promise<RequestTruth>;
  /** Starts the agent; `more`: further arguments. */
  readonly follow: (stack: Stack, more?: readonly string[]) => Promise<Program>;
  readonly stop: () => Promise<void>;
};

export const startLiveHost = async (): Promise<LiveHost> => {
  const directory = mkdtempSync(join(tmpdir(), 'ollascope-walk-'));
  const gpu = await createGpuHost(directory);
  const modelsDir = await copyModels('0.34.4');
  const ollama = await startOllama({ version: '0.34.4', modelsDir, binary: gpu.ollama });
  const driver = createDriver(ollama);
  const follow = async (stack: Stack, more: readonly string[] = []): Promise<Program> => {
    const sources = ['--ollama-log', ollama.logPath, '--ollama-url', ollama.url];
    const gpus = ['--nvidia-smi', gpu.nvidiaSmi, '--kernel-log', gpu.kernelLog];
    const outputs = ['--output', 'none', '--metrics-listen', '127.0.0.1:0'];
    const agent = startProgram(['run', ...sources, ...gpus, ...outputs, ...more], {
      env: {
        OTEL_EXPORTER_OTLP_ENDPOINT: stack.otlpGrpcUrl,
        OTEL_RESOURCE_ATTRIBUTES: `host.name=${LIVE_HOST}`,
      },
    });
    await agent.until(({ stderr }) => stderr().includes('metrics: http'));
    return agent;
  };
  return {
    gpu,
    ollama,
    chat: (tokens) =>
      driver.send(inference('chat', 'slow', { prompt: 'walk', stream: true, options: { num_predict: tokens } })),
    follow,
    stop: async () => {
      await ollama.dispose();
      rmSync(directory, { recursive: true, force: true });
    },
  };
};

/** Seconds after `sinceMs` at which something held, and what it then was. */
export const timed = async <Answer>(
  what: string,
  sinceMs: number,
  probe: () => Promise<Answer> | Answer,
): Promise<{ readonly seconds: number; readonly answer: NonNullable<Answer> }> => {
  const answer = await until(what, probe, { seconds: 20 });
  return { seconds: (Date.now() - sinceMs) / 1_000, answer };
};
