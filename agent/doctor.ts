// What `doctor` prints: every finding of discovery and a few checks of the agent's own surroundings, each with what to do.
// Never fails: a check that cannot be made is a finding too.
import { isoInstant, toMillis } from '../otel/time.ts';
import type { Discovery } from './discovery.ts';
import type { Finding } from './finding.ts';
import type { Host } from './host.ts';

export type CheckOptions = {
  /** Where `/metrics` is to be served; undefined where it is switched off. */
  readonly scrape?: { readonly host: string; readonly port: number };
  /** OTLP endpoint as a URL; undefined where nothing is exported. */
  readonly otlpEndpoint?: string;
};

/** TypeScript is run by stripping types, which Node does by itself from here on. */
const NODE_LEAST: readonly [number, number] = [22, 19];
/** A clock before this was never set. */
const EARLIEST_YEAR = 2025;
const OTLP_PORTS: { readonly [protocol: string]: number } = { 'http:': 80, 'https:': 443 };
const COMMAND_TIMEOUT_MS = 5_000;

const nodeCheck = (version: string): Finding => {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const isNew = major > NODE_LEAST[0] || (major === NODE_LEAST[0] && minor >= NODE_LEAST[1]);
  const told = { what: 'Node', where: version };
  if (isNew) return { ...told, state: 'found', why: `at least ${NODE_LEAST.join('.')}` };
  return {
    ...told,
    state: 'problem',
    why: `expected at least ${NODE_LEAST.join('.')}`,
    whatToDo: 'install Node 24 or newer',
  };
};

const scrapeCheck = async (
  host: Host,
  { host: address, port }: NonNullable<CheckOptions['scrape']>,
): Promise<Finding> => {
  const told = { what: 'port of /metrics', where: `${address}:${port}` };
  const error = await host.listenError(address, port);
  if (error === undefined) return { ...told, state: 'found', why: 'free' };
  const why =
    error === 'EADDRINUSE'
      ? 'another program listens there, perhaps another ollascope'
      : `the system answered ${error}`;
  return { ...told, state: 'problem', why, whatToDo: 'end the other program, or choose another port' };
};

const otlpCheck = async (host: Host, endpoint: string): Promise<Finding> => {
  const what = 'OTLP endpoint';
  const url = URL.parse(endpoint);
  if (url === null)
    return {
      what,
      state: 'problem',
      why: 'expected a URL such as http://127.0.0.1:4317, found something else',
      whatToDo: 'correct OTEL_EXPORTER_OTLP_ENDPOINT',
    };
  const port = url.port === '' ? (OTLP_PORTS[url.protocol] ?? 80) : Number(url.port);
  const error = await host.connectError(url.hostname.replace(/^\[|\]$/g, ''), port);
  const where = `${url.protocol}//${url.host}`;
  if (error === undefined) return { what, state: 'found', where, why: 'a connection could be made' };
  return {
    what,
    state: 'missing',
    where,
    why: `the system answered ${error}`,
    whatToDo: 'start the Collector, or set OTEL_EXPORTER_OTLP_ENDPOINT; without it traces stay in the terminal',
  };
};

/** Zoneless stamps of the access log are read in this zone unless the log itself tells another. */
const zoneCheck = (host: Host): Finding => {
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  const parts = new Intl.DateTimeFormat('en', { timeZone: zone, timeZoneName: 'longOffset' }).formatToParts(
    toMillis(host.now()),
  );
  const offset = parts.find((part) => part.type === 'timeZoneName')?.value ?? 'unknown';
  return {
    what: 'time zone',
    state: 'found',
    where: `${zone} (${offset})`,
    why: "Ollama's access lines carry no zone; should the log come from another, it is learnt from its other lines",
  };
};

const clockCheck = async (host: Host): Promise<Finding> => {
  const told = { what: 'clock', where: isoInstant(host.now()) };
  if (Number(told.where.slice(0, 4)) < EARLIEST_YEAR) {
    return {
      ...told,
      state: 'problem',
      why: 'it was never set',
      whatToDo: 'set it, for instance with timedatectl set-ntp true',
    };
  }
  const synchronised = await host.run(
    'timedatectl',
    ['show', '--property=NTPSynchronized', '--value'],
    COMMAND_TIMEOUT_MS,
  );
  if (synchronised?.stdout.trim() === 'no') {
    return {
      ...told,
      state: 'found',
      why: 'not synchronised: times of several machines may not fit',
      whatToDo: 'timedatectl set-ntp true',
    };
  }
  return { ...told, state: 'found', why: synchronised?.stdout.trim() === 'yes' ? 'synchronised' : 'plausible' };
};

export const runChecks = async (host: Host, { scrape, otlpEndpoint }: CheckOptions): Promise<readonly Finding[]> => [
  nodeCheck(host.nodeVersion),
  ...(scrape === undefined ? [] : [await scrapeCheck(host, scrape)]),
  ...(otlpEndpoint === undefined ? [] : [await otlpCheck(host, otlpEndpoint)]),
  zoneCheck(host),
  await clockCheck(host),
];

const MARKS: { readonly [S in Finding['state']]: string } = {
  found: 'ok      ',
  missing: 'missing ',
  problem: 'PROBLEM ',
};

const lineOf = ({ what, state, where, why, whatToDo }: Finding): string => {
  const place = where === undefined ? '' : `: ${where}`;
  const advice = whatToDo === undefined ? '' : `\n          do: ${whatToDo}`;
  return `${MARKS[state]} ${what}${place} – ${why}${advice}\n`;
};

/** In one sentence what `run` would do now. */
const conclusionOf = ({ ollamaLogs, nvidiaSmi, kernel }: Discovery): string => {
  const [log] = ollamaLogs;
  const followed = [
    log === undefined ? undefined : log.kind === 'journal' ? "Ollama's journal" : "Ollama's log file",
    nvidiaSmi === undefined ? undefined : 'nvidia-smi',
    kernel === 'none' ? undefined : "the kernel's log",
  ].filter((name) => name !== undefined);
  if (log === undefined)
    return `Ollama's log was not found: requests cannot be seen. ${followed.length === 0 ? '' : `Would follow: ${followed.join(', ')}.`}`.trim();
  return `Would follow: ${followed.join(', ')}.`;
};

export const renderDoctor = (discovery: Discovery, checks: readonly Finding[]): string =>
  `${[...discovery.findings, ...checks].map(lineOf).join('')}\n${conclusionOf(discovery)}\n`;

export const doctorJson = (discovery: Discovery, checks: readonly Finding[]): string =>
  `${JSON.stringify({ findings: discovery.findings, checks, conclusion: conclusionOf(discovery) }, null, 2)}\n`;
