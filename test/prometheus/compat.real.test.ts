// The packs in a real Prometheus that received a real agent's data by way of a real Collector: the panels of dashboard 12239
// and the queries of the documents, corrected where they were wrong, each with what it must answer. The recording is
// two GeForce-class cards (one fell off the bus and came back) and an A30 with MIG on, of which no utilisation is known.
import { execFile } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { getJson, promQuery, until, urlOf } from '../real/backends/ask.ts';
import { binaryOf } from '../real/backends/install.ts';
import { type Stack, startStack } from '../real/backends/stack.ts';
import { ROOT, startProgram } from '../support/program.ts';

const run = promisify(execFile);
const PACKS = join(ROOT, 'prometheus', 'compat');
const METRIC_SECONDS = 15;
const RECORDING = join(ROOT, 'recordings', 'composed-two-gpus');

describe('promtool', () => {
  test.each(readdirSync(PACKS).filter((name) => name.endsWith('.yaml')))(
    '%s is valid, and its tests pass',
    async (name) => {
      const promtool = await binaryOf('promtool');
      const checked = await run(promtool, ['check', 'rules', '--lint=all', '--lint-fatal', join(PACKS, name)]);
      expect(checked.stdout).toContain('SUCCESS');
      const tests = join(PACKS, 'tests', name.replace(/\.yaml$/, '.test.yaml'));
      expect((await run(promtool, ['test', 'rules', tests])).stdout).toContain('SUCCESS');
    },
  );
});

type RuleGroup = {
  readonly name: string;
  readonly evaluationTime: number;
  readonly lastEvaluation: string;
  readonly rules: readonly { readonly name: string; readonly health: string; readonly lastError?: string }[];
};

const packGroups = async (url: string): Promise<readonly RuleGroup[]> => {
  const answer = (await getJson(urlOf(url, '/api/v1/rules'))) as { data: { groups: readonly RuleGroup[] } };
  return answer.data.groups.filter(({ name }) => name.startsWith('compat_'));
};

describe('in a real Prometheus', () => {
  let stack: Stack;
  beforeAll(async () => {
    stack = await startStack({ only: ['prometheus', 'collector'], promInterval: '1s' });
    // The recording is moved so that it ends when it is begun to be sent.
    const replayedSeconds = Date.now() / 1_000;
    const replay = startProgram(
      [
        'replay',
        RECORDING,
        '--otlp',
        'on',
        '--times',
        'end-now',
        '--output',
        'none',
        '--metric-interval',
        String(METRIC_SECONDS),
      ],
      { env: { OTEL_EXPORTER_OTLP_ENDPOINT: stack.otlpHttpUrl, OTEL_EXPORTER_OTLP_PROTOCOL: 'http/protobuf' } },
    );
    const { code, stderr } = await replay.ended;
    expect({ code, stderr }).toMatchObject({ code: 0 });
    // The Collector may still hold the end of it; rules count from the first evaluation after that has come.
    const last = `count(timestamp(hw_temperature_celsius{hw_sensor_location="gpu"}) > ${replayedSeconds - METRIC_SECONDS - 1})`;
    await until('the last temperature of three GPUs', () => promQuery(stack.prometheusUrl, last), {
      holds: ([count]) => count?.value === 3,
    });
    const since = Date.now();
    await until('an evaluation of each pack', () => packGroups(stack.prometheusUrl), {
      holds: (groups) => groups.every(({ lastEvaluation }) => Date.parse(lastEvaluation) > since),
    });
  });
  afterAll(() => stack.stop());

  const ask = async (expr: string): Promise<readonly (readonly [Readonly<Record<string, string>>, number])[]> =>
    (await promQuery(stack.prometheusUrl, expr)).map(({ metric, value }) => [metric, value] as const);

  test('no rule of any pack fails', async () => {
    const groups = await packGroups(stack.prometheusUrl);
    expect(groups.map(({ name }) => name).sort()).toEqual([
      'compat_dcgm',
      'compat_ds01',
      'compat_inference_model',
      'compat_nvidia_gpu',
      'compat_ollama',
    ]);
    const failed = groups.flatMap(({ rules }) => rules).filter(({ health }) => health !== 'ok');
    expect(failed.map(({ name, lastError }) => `${name}: ${lastError}`)).toEqual([]);
  });

  test('dashboard 12239: its two lists and its panels', async () => {
    const [first] = await ask('DCGM_FI_DEV_GPU_TEMP');
    const instance = first?.[0]['instance'] ?? '';
    expect(instance).not.toBe('');
    const chosen = `instance=~"${instance}", gpu=~"0|1|2"`;
    const gpusOf = async (expr: string): Promise<readonly string[]> =>
      (await ask(expr)).map(([labels]) => labels['gpu'] ?? '').sort();
    expect(await gpusOf(`DCGM_FI_DEV_GPU_TEMP{${chosen}}`)).toEqual(['0', '1', '2']);
    expect(await gpusOf(`DCGM_FI_DEV_POWER_USAGE{${chosen}}`)).toEqual(['0', '1', '2']);
    expect(await gpusOf(`DCGM_FI_DEV_SM_CLOCK{${chosen}} * 1000000`)).toEqual(['0', '1', '2']);
    expect(await gpusOf(`DCGM_FI_DEV_FB_USED{${chosen}}`)).toEqual(['0', '1', '2']);
    // With MIG on nvidia-smi tells no utilisation.
    expect(await gpusOf(`DCGM_FI_DEV_GPU_UTIL{${chosen}}`)).toEqual(['0', '1']);
    // What only Hopper's counters know.
    expect(await gpusOf(`DCGM_FI_PROF_PIPE_TENSOR_ACTIVE{${chosen}}`)).toEqual([]);
  });

  test('a described GPU has the labels of dcgm-exporter', async () => {
    const [[labels] = [{}]] = await ask('DCGM_FI_DEV_FB_TOTAL{gpu="2"}');
    expect(labels).toMatchObject({
      UUID: expect.stringMatching(/^GPU-/),
      device: 'nvidia2',
      modelName: 'NVIDIA A30',
      pci_bus_id: '00000000:af:00.0',
      DCGM_FI_DRIVER_VERSION: '570.172.08',
      Hostname: 'composed-host',
    });
    expect(labels).not.toHaveProperty('nvidia_gpu_index');
  });

  /** Document, query as it has to be asked, number of series, and between what its values lie. */
  const queries: readonly (readonly [string, string, number, number, number])[] = [
    ['LLM platform average utilisation', 'avg(DCGM_FI_DEV_GPU_UTIL)', 1, 0, 100],
    ['LLM platform memory utilisation', 'DCGM_FI_DEV_FB_USED / DCGM_FI_DEV_FB_TOTAL * 100', 3, 0, 100],
    ['LLM platform HighGPUTemperature holds nothing here', 'DCGM_FI_DEV_GPU_TEMP > 95', 0, 0, 0],
    ['LLM platform clocks', 'DCGM_FI_DEV_MEM_CLOCK', 3, 100, 20_000],
    [
      'LLM platform inference latency',
      'histogram_quantile(0.95, sum by (model, le) (ollama_inference_duration_seconds_bucket{model="llama3.2:3b"}))',
      1,
      0.01,
      120,
    ],
    ['LLM platform model loads', 'sum(ollama_model_loads_total)', 1, 1, 100],
    ['DS01 memory used, v1 name', 'ds01_gpu_memory_used_bytes / ds01_gpu_memory_total_bytes', 3, 0, 1],
    ['DS01 temperature, v1 name', 'ds01_gpu_temperature_celsius', 3, 10, 95],
    ['DS01 utilisation, v1 name', 'ds01_gpu_utilization_percent', 2, 0, 100],
    ['DS01 total energy', 'DCGM_FI_DEV_TOTAL_ENERGY_CONSUMPTION > 0', 3, 1, 1e12],
    ['DS01 PCIe, KB/s', 'DCGM_FI_DEV_PCIE_TX_THROUGHPUT', 3, 0, 64e6],
    ['DS01 power', 'sum by (Hostname) (DCGM_FI_DEV_POWER_USAGE)', 1, 10, 1_500],
    ['Cost tracking memory share', 'DCGM_FI_DEV_FB_USED / (DCGM_FI_DEV_FB_USED + DCGM_FI_DEV_FB_FREE)', 3, 0, 1],
    ['Inference budget ready models', 'count(inference_model_ready)', 1, 1, 10],
    ['Inference budget observed peak', 'max(inference_model_memory_observed_peak_bytes)', 1, 1e8, 1e11],
    ['Inference budget total replicas', 'sum(inference_model_replicas)', 1, 0, 10],
    ['Zakenak memory share', 'nvidia_gpu_memory_used_bytes / nvidia_gpu_memory_total_bytes', 3, 0, 1],
    ['Zakenak power', 'nvidia_gpu_power_usage_watts', 3, 1, 500],
    ['Zakenak errors', 'nvidia_gpu_error_count', 3, 0, 100],
    ['Zakenak processes', 'sum(nvidia_gpu_process_count)', 1, 0, 50],
  ];
  test.each(queries)('%s: %s', async (_what, expr, count, low, high) => {
    const answers = await ask(expr);
    expect(answers).toHaveLength(count);
    for (const [, value] of answers) {
      expect(value).toBeGreaterThanOrEqual(low);
      expect(value).toBeLessThanOrEqual(high);
    }
  });

  test('Zakenak: each GPU has its incidents, the several lines of one incident counted once', async () => {
    const byGpu = async (expr: string): Promise<ReadonlyMap<string, number>> =>
      new Map((await ask(expr)).map(([labels, value]) => [labels['gpu'] ?? '', value]));
    const errors = await byGpu('nvidia_gpu_error_count');
    const lines = await byGpu(
      'sum by (gpu) (gpu:nvidia_gpu_labels:info * on (hw_id) group_left () sum by (hw_id) (nvidia_gpu_xid_events_total))',
    );
    expect([...errors.keys()].sort()).toEqual(['0', '1', '2']);
    for (const [gpu, count] of errors) {
      expect([gpu, count > 0, count <= (lines.get(gpu) ?? 0)]).toEqual([gpu, true, true]);
    }
    const total = (counts: ReadonlyMap<string, number>): number => [...counts.values()].reduce((sum, n) => sum + n, 0);
    expect(total(errors)).toBeLessThan(total(lines));
  });

  test('what the packs cost', async () => {
    const groups = await packGroups(stack.prometheusUrl);
    const cost = groups.map(
      ({ name, rules, evaluationTime }) => `${name} ${rules.length} rules ${(evaluationTime * 1_000).toFixed(1)} ms`,
    );
    const [[, series] = [{}, 0]] = await ask(
      'count({__name__=~"DCGM_.+|ds01_.+|inference_model_.+|ollama_inference_.+|.+:.+"})',
    );
    console.log(`${cost.join('; ')}; ${series} series of recording rules for three GPUs`);
    expect(series).toBeGreaterThan(0);
  });
});
