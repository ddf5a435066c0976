// A live agent told both ways at once: it sends OTLP to the real Collector and is scraped by the real Prometheus, and both bring
// the same series. It follows a log, a kernel log and a stand-in for nvidia-smi that prints one column nobody knows.

import { chmodSync } from 'node:fs';
import { hostname } from 'node:os';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { metricNames } from '../../otel/catalogue/metrics.ts';
import { prometheusName } from '../../otel/names.ts';
import { dmonLog, kernelLog, ollamaLog } from '../cli/composed.ts';
import { type Program, startProgram } from '../support/program.ts';
import { createScratch } from '../support/scratch.ts';
import { promQuery, promRecorded, until } from './backends/ask.ts';
import { type Stack, startStack } from './backends/stack.ts';
import { boundsAsNumbers, differences, familyOf, nameOf, type Series, seriesAt } from './contract/series.ts';
import { freePort } from './ports.ts';

const SERVICE = 'ollama';
const ORIGIN = new Set(['job', 'instance']);
/** Of the agent itself: other values at every moment, so that two moments cannot agree. */
const MOVING = /^(process_|ollascope_delivery_|ollascope_source_last_line_)/;
/** What only something that went wrong tells; processors' own tests have them. */
const WHEN_WRONG = new Set(['ollascope.series.overflow', 'ollascope.series.refused']);
/** What the recording's replay tells is looked for in contract.real.test.ts. */
const OF_THE_AGENT = /^(ollascope\.(delivery|series|smi\.unknown)|process\.)/;

const scratch = createScratch();
const oddColumn = dmonLog()
  .replace('sm    mem', 'sm    mem    odd')
  .replace('%      %', '%      %      -')
  .replace(/^(\d.*)$/gm, '$1      7');

/** Prints its lines at once and then lives on in silence, as dmon does between two samples; the other modes end. */
const standIn = (): string => {
  const lines = scratch.write('dmon.txt', oddColumn);
  const path = scratch.write(
    'nvidia-smi',
    `#!/bin/sh\ncase "$1" in dmon) /bin/cat '${lines}'; exec /usr/bin/tail -f /dev/null;; *) exit 6;; esac\n`,
  );
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

const told = async (job: string): Promise<Series> => {
  const recorded = await promRecorded(stack.prometheusUrl);
  const selector = `{job="${job}",__name__!~"up|target_info|scrape_.*|ALERTS.*|traces_span_metrics_.*"}`;
  const all = await seriesAt(stack.prometheusUrl, selector, Date.now() / 1_000, 5, ORIGIN);
  return boundsAsNumbers(new Map([...all].filter(([key]) => !recorded.has(nameOf(key)))));
};
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
    const requests = await promQuery(stack.prometheusUrl, `sum by (job) (ollama_requests_finished_total)`);
    expect(requests.map(({ metric, value }) => [metric['job'], value]).sort()).toEqual([
      ['ollama', 2],
      ['ollascope', 2],
    ]);
  });

  it('tells of itself all that the catalogue promises', async () => {
    const families = new Set([...(await told('ollascope')).keys()].map(familyOf));
    const promised = metricNames.filter((name) => OF_THE_AGENT.test(name) && !WHEN_WRONG.has(name));
    expect(promised.filter((name) => !families.has(prometheusName(name)))).toEqual([]);
  });
});
