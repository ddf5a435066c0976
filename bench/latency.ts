// The agent as a person installs it, built and a child of its own, on a log that grows: how long after a request's end its trace is there, how
// soon after the start anything is told, and what the agent takes of memory and processor while it does so.
import { execFileSync } from 'node:child_process';
import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { type OtlpReceiver, startOtlpReceiver } from '../test/support/otlp-receiver.ts';
import { type Program, startProgram } from '../test/support/program.ts';
import { composedRequest, serverStart } from './composed-log.ts';
import { startSmi } from './smi-stand-in.ts';
import { fixed, goal, head, mebibytes, row } from './table.ts';

const REQUESTS = 30;
const LATENCY_MS = 40;
const STARTS = 5;
const WARM_MS = 5_000;
const LOAD_SECONDS = 20;
const SCRAPES = 200;
const ROOT = join(import.meta.dirname, '..');
/** What `npm install` gives: a checkout would count the stripping of types as well. */
const BUILT = join(ROOT, 'dist', 'agent', 'main.js');
/** Linux counts processor time in hundredths of a second, whatever the kernel's own tick. */
const TICKS_PER_SECOND = 100;
const GOALS = { traceMs: 1_000, startMs: 500, httpMib: 80, grpcMib: 100, cpuPercent: 1, scrapeMs: 5 } as const;
type Protocol = 'http/protobuf' | 'grpc';
const PROTOCOLS: readonly Protocol[] = ['http/protobuf', 'grpc'];

const quantile = (values: readonly number[], q: number): number =>
  values.toSorted((a, b) => a - b)[Math.min(values.length - 1, Math.ceil(values.length * q) - 1)] ?? Number.NaN;
const ms = (values: readonly number[], q: number): string => fixed(quantile(values, q), 0);

type Bench = { readonly log: string; readonly receiver: OtlpReceiver; readonly protocol: Protocol };

const startAgent = ({ log, receiver, protocol }: Bench, args: readonly string[] = []): Program =>
  startProgram(
    [
      'run',
      '--ollama-log',
      log,
      '--ollama-url',
      'none',
      '--kernel-log',
      'none',
      '--metrics-listen',
      '127.0.0.1:0',
      ...args,
    ],
    {
      main: BUILT,
      env: {
        OTEL_EXPORTER_OTLP_PROTOCOL: protocol,
        OTEL_EXPORTER_OTLP_ENDPOINT: protocol === 'grpc' ? receiver.grpcUrl : receiver.httpUrl,
      },
    },
  );
const stop = async (agent: Program): Promise<void> => {
  agent.kill('SIGTERM');
  await agent.ended;
};

const tracesIn = (agent: Program): number => agent.stdout().match(/trace [0-9a-f]{32}/g)?.length ?? 0;
const spansIn = ({ received }: OtlpReceiver): number =>
  received.spans.filter((span) => span.parentSpanId === '').length;

/** From the write of a request's last lines to its trace on standard output, and at the receiver. */
const measureTraces = async (bench: Bench): Promise<{ readonly shown: number[]; readonly sent: number[] }> => {
  writeFileSync(bench.log, serverStart());
  const agent = startAgent(bench, ['--nvidia-smi', 'none']);
  await agent.until(({ stderr }) => stderr().includes('metrics: http'));
  const [shown, sent]: [number[], number[]] = [[], []];
  for (let n = 1; n <= REQUESTS; n += 1) {
    const request = composedRequest(n, LATENCY_MS);
    appendFileSync(bench.log, request.begin());
    // Not always at the same place of the agent's grid of ticks.
    await wait(LATENCY_MS + ((n * 17) % 100));
    const from = performance.now();
    appendFileSync(bench.log, request.finish());
    await Promise.all([
      agent.until((program) => tracesIn(program) >= n).then(() => shown.push(performance.now() - from)),
      bench.receiver.waitFor((receiver) => spansIn(receiver) >= n).then(() => sent.push(performance.now() - from)),
    ]);
  }
  await stop(agent);
  return { shown, sent };
};

/** From the start of the process to the first request at the receiver, on a log that has something to tell. */
const measureStarts = async (bench: Bench): Promise<number[]> => {
  const starts: number[] = [];
  for (let n = 0; n < STARTS; n += 1) {
    writeFileSync(bench.log, serverStart() + composedRequest(1, LATENCY_MS).begin());
    const before = bench.receiver.requests.length;
    const from = performance.now();
    const agent = startAgent(bench, ['--nvidia-smi', 'none', '--start-at', 'beginning']);
    await bench.receiver.waitFor(({ requests }) => requests.length > before);
    starts.push(performance.now() - from);
    await stop(agent);
  }
  return starts;
};

/** `VmRSS:     81234 kB` and `VmHWM:`, of the agent alone: its nvidia-smi children are not counted. */
const memoryOf = (pid: number, name: 'VmRSS' | 'VmHWM'): number =>
  Number(new RegExp(`${name}:\\s+(\\d+) kB`).exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) * 1_024;
/** `1234 (node) S …`: user and system ticks are the 14th and 15th fields; the name may hold spaces. */
const cpuSecondsOf = (pid: number): number => {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
};

type Load = {
  readonly residentBytes: number;
  readonly peakBytes: number;
  readonly cpuPercent: number;
  readonly scrapes: number[];
};

const scrape = async (agent: Program): Promise<number[]> => {
  const url = /metrics: (http\S+)/.exec(agent.stderr())?.[1] ?? '';
  const taken: number[] = [];
  for (let n = 0; n < SCRAPES; n += 1) {
    const from = performance.now();
    await (await fetch(url)).text();
    taken.push(performance.now() - from);
  }
  return taken;
};

/** Twenty lines a second of Ollama, eight GPUs at 1 Hz: one request of twenty lines a second. */
const measureLoad = async (bench: Bench): Promise<Load> => {
  writeFileSync(bench.log, serverStart());
  const smi = await startSmi();
  const agent = startAgent(bench, ['--nvidia-smi', smi.path]);
  await agent.until(({ stderr }) => stderr().includes('metrics: http'));
  const until = performance.now() + WARM_MS + LOAD_SECONDS * 1_000;
  let task = 0;
  const work = setInterval(() => {
    task += 1;
    const request = composedRequest(task, LATENCY_MS);
    appendFileSync(bench.log, request.begin());
    setTimeout(() => appendFileSync(bench.log, request.finish()), LATENCY_MS);
  }, 1_000);
  await wait(WARM_MS);
  const [cpu, from] = [cpuSecondsOf(agent.pid), performance.now()];
  await wait(Math.max(0, until - performance.now()));
  const cpuPercent = ((cpuSecondsOf(agent.pid) - cpu) / ((performance.now() - from) / 1_000)) * 100;
  const [residentBytes, peakBytes] = [memoryOf(agent.pid, 'VmRSS'), memoryOf(agent.pid, 'VmHWM')];
  const scrapes = await scrape(agent);
  clearInterval(work);
  await wait(2 * LATENCY_MS);
  await stop(agent);
  await smi.close();
  return { residentBytes, peakBytes, cpuPercent, scrapes };
};

const measure = async (protocol: Protocol, log: string): Promise<readonly string[]> => {
  const receiver = await startOtlpReceiver();
  const bench = { log, receiver, protocol };
  const starts = await measureStarts(bench);
  receiver.received.spans.length = 0;
  const { shown, sent } = await measureTraces(bench);
  const load = await measureLoad(bench);
  await receiver.close();
  const cells = (what: string, values: readonly number[]): string =>
    row([what, protocol, fixed(quantile(values, 0.5)), fixed(quantile(values, 0.99))]);
  console.log(cells('start → first signal at the receiver', starts));
  console.log(cells('end of a request → its trace on standard output', shown));
  console.log(cells('end of a request → its trace at the receiver', sent));
  console.log(cells('one scrape of /metrics', load.scrapes));
  const limitMib = protocol === 'grpc' ? GOALS.grpcMib : GOALS.httpMib;
  const mib = mebibytes(load.residentBytes);
  const name = `over ${protocol}`;
  return [
    goal(
      `trace within ${GOALS.traceMs} ms of the request's end, ${name}`,
      `p99 ${ms(shown, 0.99)} ms`,
      quantile(shown, 0.99) <= GOALS.traceMs,
    ),
    goal(
      `first signal within ${GOALS.startMs} ms of the start, ${name}`,
      `median ${ms(starts, 0.5)} ms`,
      quantile(starts, 0.5) <= GOALS.startMs,
    ),
    goal(
      `/metrics within ${GOALS.scrapeMs} ms, ${name}`,
      `p99 ${fixed(quantile(load.scrapes, 0.99))} ms`,
      quantile(load.scrapes, 0.99) <= GOALS.scrapeMs,
    ),
    goal(
      `RSS below ${limitMib} MiB, ${name}`,
      `${mib} MiB, at its highest ${mebibytes(load.peakBytes)} MiB`,
      Number(mib) < limitMib,
    ),
    goal(
      `less than ${GOALS.cpuPercent} % of a core, ${name}`,
      `${fixed(load.cpuPercent)} %`,
      load.cpuPercent < GOALS.cpuPercent,
    ),
  ];
};

const main = async (): Promise<void> => {
  if (process.platform !== 'linux') {
    console.log('not measured here: the memory and processor time of a process are read from /proc, which Linux has.');
    return;
  }
  execFileSync(process.execPath, [join(ROOT, 'agent', 'build.ts')], { stdio: 'inherit' });
  const folder = mkdtempSync(join(tmpdir(), 'ollascope-bench-'));
  console.log(head(['what, ms', 'protocol', 'p50', 'p99']));
  const goals: string[] = [];
  for (const protocol of PROTOCOLS) goals.push(...(await measure(protocol, join(folder, 'server.log'))));
  rmSync(folder, { recursive: true, force: true });
  console.log('');
  for (const line of goals) console.log(line);
};

await main();
