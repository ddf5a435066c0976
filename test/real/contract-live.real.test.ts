// A live agent told both ways at once: it sends OTLP to the real Collector and is scraped by the real Prometheus, and both bring
// the same series. It follows a log, a kernel log and a stand-in for nvidia-smi that prints one column nobody knows.

import { chmodSync } from 'node:fs';
import { hostname } from 'node:os';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { metricNames } from '../../otel/catalogue/metrics.ts';
import { prometheusName } from '../../otel/names.ts';
import { kernelLog, LOST_BUS, LOST_GPU, OTHER_BUS, ollamaLog } from '../cli/composed.ts';
import { type Program, startProgram } from '../support/program.ts';
import { createScratch } from '../support/scratch.ts';
import { promQuery, until } from './backends/ask.ts';
import { type Stack, startStack } from './backends/stack.ts';
import { agentSeries, boundsAsNumbers, differences, familyOf, nameOf, type Series } from './contract/series.ts';
import { freePort } from './ports.ts';

const SERVICE = 'ollama';
/** Others at every moment, so that two moments cannot agree: what the agent says of itself, and energy. */
const MOVING = /^(process_|ollascope_|hw_energy_)/;
/** What only something that went wrong tells; processors' own tests have them. */
const WHEN_WRONG = new Set(['ollascope.series.overflow', 'ollascope.series.refused']);
/** What the recording's replay tells is looked for in contract.real.test.ts. */
const OF_THE_AGENT = /^(ollascope\.(delivery|series|smi\.unknown)|process\.)/;

const scratch = createScratch();

/** Names its two GPUs, and every second prints a row of each, as dmon does; the other modes find nothing. */
const STAND_IN = `
const mode = process.argv[2] ?? '';
const fields = /^--query-gpu=(.*)$/.exec(mode)?.[1]?.split(',');
const known = { index: [0, 1], uuid: ['${LOST_GPU}', '${LOST_GPU.replace('5d', '5e')}'], 'pci.bus_id': ['${LOST_BUS}.0', '${OTHER_BUS}.0'] };
const row = (gpu) => fields.map((field) => known[field]?.[gpu] ?? '[N/A]').join(', ');
const print = (lines) => process.stdout.write(lines.join('\\n') + '\\n');
const sample = () => print(['    0      14     41      -      0      0      7', '    1      13     38      -      0      0      7']);
if (fields !== undefined) print([fields.join(', '), row(0), row(1)]);
else if (mode === 'dmon') print(['# gpu    pwr  gtemp  mtemp     sm    mem    odd', '# Idx      W      C      C      %      %      -']);
else process.exit(6);
setInterval(() => mode === 'dmon' && sample(), 1_000);
`;

const standIn = (): string => {
  const path = scratch.write('nvidia-smi', `#!${process.execPath}\n${STAND_IN}`);
  chmodSync(path, 0o755);
  return path;
};

let stack: Stack;
let agent: Program;
beforeAll(async () => {
  const port = await freePort();
  const agents = [{ targets: [`127.0.0.1:${port}`], labels: { service_name: SERVICE, host_name: hostname() } }];
  stack = await startStack({ only: ['collector', 'prometheus', 'loki', 'jaeger'], promInterval: '1s', agents });
  agent = startProgram(
    [
      'run',
      '--start-at',
      'beginning',
      '--ollama-url',
      'none',
      '--metric-interval',
      '0.5',
      '--ollama-log',
      scratch.write('server.log', ollamaLog()),
      '--kernel-log',
      scratch.write('kernel.log', kernelLog()),
      '--nvidia-smi',
      standIn(),
      '--metrics-listen',
      `127.0.0.1:${port}`,
    ],
    { env: { OTEL_EXPORTER_OTLP_ENDPOINT: stack.otlpGrpcUrl } },
  );
});
afterAll(async () => {
  agent?.kill('SIGTERM');
  await agent?.ended;
  await stack?.stop();
  scratch.remove();
});

const told = async (job: string): Promise<Series> =>
  boundsAsNumbers(await agentSeries(stack.prometheusUrl, job, Date.now() / 1_000, 5));
const still = (series: Series): Series => new Map([...series].filter(([key]) => !MOVING.test(key)));
const keys = (series: Series): Series => new Map([...series.keys()].map((key) => [key, 0]));

describe('a live agent', () => {
  it('is told with the same names and labels by OTLP and by scrape', async () => {
    const different = async (): Promise<string[]> => {
      const [otlp, scraped] = [await told(SERVICE), await told('ollascope')];
      return otlp.size === 0 ? ['nothing by OTLP yet'] : differences(keys(otlp), keys(scraped));
    };
    expect(await until('the same series both ways', different, { holds: (found) => found.length === 0 })).toEqual([]);
  });

  it('is told with the same values, but for those that are others at every moment', async () => {
    const different = async (): Promise<string[]> =>
      differences(still(await told(SERVICE)), still(await told('ollascope')));
    expect(await until('the same values both ways', different, { holds: (found) => found.length === 0 })).toEqual([]);
    const finished = async (): Promise<string[]> =>
      (await promQuery(stack.prometheusUrl, 'sum by (job) (ollama_requests_finished_total)'))
        .map(({ metric, value }) => `${metric['job']} ${value}`)
        .sort();
    expect([...(await told('ollascope')).keys()].map(nameOf)).toContain('hw_power_watts');
    const both = ['ollama 2', 'ollascope 2'];
    const found = await until('both requests both ways', finished, { holds: (rows) => rows.join() === both.join() });
    expect(found).toEqual(both);
  });

  it('tells of itself all that the catalogue promises', async () => {
    const promised = metricNames.filter((name) => OF_THE_AGENT.test(name) && !WHEN_WRONG.has(name));
    const missing = async (): Promise<string[]> => {
      const families = new Set([...(await told('ollascope')).keys()].map(familyOf));
      return promised.filter((name) => !families.has(prometheusName(name)));
    };
    expect(await until('all of them', missing, { holds: (names) => names.length === 0 })).toEqual([]);
  });
});
