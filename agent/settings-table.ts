// THE table of settings: one row is a setting's flag, environment variable, YAML key, form, default and documentation.
// Help texts, README's table, validation and its messages all derive from it.
import { z } from 'zod';

export type Command = 'run' | 'replay' | 'record' | 'check' | 'doctor' | 'stack' | 'query' | 'trace' | 'docs';

export type SettingRow = {
  /** Environment variables, first one wins. Standard names where a standard has one. */
  readonly env: readonly string[];
  /** From text (flag, environment) or a YAML value to the value. */
  readonly form: z.ZodType;
  /** What the form takes, for messages: "expected <this>". */
  readonly expected: string;
  readonly default: unknown;
  readonly brief: string;
  readonly example: string;
  readonly commands: readonly Command[];
};

const flag = z.union([
  z.boolean(),
  z.enum(['true', 'false', '1', '0', '']).transform((t) => t === 'true' || t === '1' || t === ''),
]);
const word = <const W extends readonly [string, ...string[]]>(...words: W) => z.enum(words);
const text = z.string().min(1);
const numeric = z.union([
  z.number(),
  z
    .string()
    .regex(/^-?\d+(\.\d+)?$/)
    .transform(Number),
]);
const seconds = (min: number, max: number) => numeric.pipe(z.number().min(min).max(max));
const count = (min: number, max: number) => numeric.pipe(z.number().int().min(min).max(max));
const HOST_PORT = /^(?:(\[[0-9a-fA-F:]+\]|[A-Za-z0-9.-]+):)?(\d{1,5})$/;
const listen = z.union([
  z.literal('none'),
  z.union([z.string(), z.number().transform(String)]).pipe(
    z
      .string()
      .regex(HOST_PORT)
      .refine((t) => Number(t.slice(t.lastIndexOf(':') + 1)) <= 65_535),
  ),
]);

const LIVE = ['run', 'record'] as const;
const TOLD = ['run', 'record', 'replay'] as const;
const ASKING = ['query', 'trace'] as const;

const row = <F extends z.ZodType>(r: Omit<SettingRow, 'form' | 'default'> & { form: F; default: z.output<F> }) => r;

export const settingsTable = {
  'ollama-log': row({
    env: ['OLLASCOPE_OLLAMA_LOG'],
    form: text,
    default: 'auto',
    expected: 'auto, none, journal, - (standard input) or a file path',
    brief: "Where Ollama's log is read from; auto takes what discovery finds.",
    example: '/var/log/ollama.log',
    commands: [...LIVE, 'doctor'],
  }),
  'ollama-url': row({
    env: ['OLLASCOPE_OLLAMA_URL', 'OLLAMA_HOST'],
    form: text,
    default: 'auto',
    expected: 'auto, none, or an address such as http://127.0.0.1:11434',
    brief: "Ollama's API, asked for versions, resident models and names only; never wakes or loads a model.",
    example: 'http://127.0.0.1:11434',
    commands: [...LIVE, 'doctor'],
  }),
  'nvidia-smi': row({
    env: ['OLLASCOPE_NVIDIA_SMI'],
    form: text,
    default: 'auto',
    expected: 'auto, none or the path of nvidia-smi',
    brief: 'The program whose dmon, pmon and query output is followed.',
    example: '/usr/lib/wsl/lib/nvidia-smi',
    commands: [...LIVE, 'doctor'],
  }),
  'gpu-interval': row({
    env: ['OLLASCOPE_GPU_INTERVAL'],
    form: count(1, 10),
    default: 1,
    expected: 'whole seconds from 1 to 10',
    brief: 'Seconds between dmon and pmon samples.',
    example: '1',
    commands: LIVE,
  }),
  'gpu-pcie': row({
    env: ['OLLASCOPE_GPU_PCIE'],
    form: flag,
    default: false,
    expected: 'true or false',
    brief: 'Sample PCIe traffic too. It holds the driver 40 ms per GPU and sample.',
    example: 'true',
    commands: LIVE,
  }),
  'kernel-log': row({
    env: ['OLLASCOPE_KERNEL_LOG'],
    form: text,
    default: 'auto',
    expected: 'auto, none, kmsg, journal or a file path',
    brief: "Where the kernel's Xid lines are read from.",
    example: 'journal',
    commands: [...LIVE, 'doctor'],
  }),
  'start-at': row({
    env: ['OLLASCOPE_START_AT'],
    form: word('end', 'beginning'),
    default: 'end',
    expected: 'end or beginning',
    brief: "Tell only what happens from now on (the log's past is still read for knowledge), or the whole file.",
    example: 'beginning',
    commands: LIVE,
  }),
  'join-min-confidence': row({
    env: ['OLLASCOPE_JOIN_MIN_CONFIDENCE'],
    form: numeric.pipe(z.number().min(0).max(1)),
    default: 0.5,
    expected: 'a number from 0 to 1',
    brief: 'Links less sure than this are not made; they are counted.',
    example: '0.9',
    commands: TOLD,
  }),
  'series-max': row({
    env: ['OLLASCOPE_SERIES_MAX'],
    form: count(10, 1_000_000),
    default: 2_000,
    expected: 'a whole number from 10 to 1000000',
    brief: 'Series per metric; what exceeds it goes to one overflow series.',
    example: '2000',
    commands: TOLD,
  }),
  'metrics-listen': row({
    env: ['OLLASCOPE_METRICS_LISTEN'],
    form: listen,
    default: '127.0.0.1:9464',
    expected: 'none, a port, or host:port',
    brief: 'Where /metrics is served; loopback unless told otherwise.',
    example: '127.0.0.1:9464',
    commands: LIVE,
  }),
  otlp: row({
    env: ['OLLASCOPE_OTLP'],
    form: word('auto', 'on', 'off'),
    default: 'auto',
    expected: 'auto, on or off',
    brief:
      'Send OTLP; auto does when an OTEL_EXPORTER_OTLP_* endpoint is set or a Collector listens on 127.0.0.1. A replay is sent only when it is on.',
    example: 'on',
    commands: [...TOLD, 'doctor'],
  }),
  'metric-interval': row({
    env: ['OLLASCOPE_METRIC_INTERVAL'],
    form: seconds(0.25, 3_600),
    default: 10,
    expected: 'seconds from 0.25 to 3600',
    brief: 'Seconds between metric exports.',
    example: '10',
    commands: TOLD,
  }),
  output: row({
    env: ['OLLASCOPE_OUTPUT'],
    form: word('text', 'json', 'otlp-json', 'none'),
    default: 'text',
    expected: 'text, json, otlp-json or none',
    brief: 'What is printed: waterfalls, structured log lines, or OTLP export requests one per line.',
    example: 'json',
    commands: TOLD,
  }),
  'send-unmatched-text': row({
    env: ['OLLASCOPE_SEND_UNMATCHED_TEXT'],
    form: flag,
    default: false,
    expected: 'true or false',
    brief: 'Send the text of lines that no pattern matched. They can hold prompts: off unless you know.',
    example: 'true',
    commands: TOLD,
  }),
  'xid-catalogue': row({
    env: ['OLLASCOPE_XID_CATALOGUE'],
    form: text,
    default: 'none',
    expected: 'none or the path of a YAML file',
    brief: 'Rows that change severity, action or scope of Xid codes.',
    example: './xid.yaml',
    commands: TOLD,
  }),
  record: row({
    env: ['OLLASCOPE_RECORD'],
    form: text,
    default: 'none',
    expected: 'none or a folder that does not exist yet',
    brief: 'Also keep a recording of all sources there, masked.',
    example: './recordings/today',
    commands: ['run'],
  }),
  speed: row({
    env: ['OLLASCOPE_SPEED'],
    form: z.union([z.literal('max'), seconds(0.01, 100_000)]),
    default: 'max',
    expected: 'max or a factor, 1 being real time',
    brief: 'How fast a replay goes.',
    example: '1',
    commands: ['replay'],
  }),
  times: row({
    env: ['OLLASCOPE_TIMES'],
    form: word('recorded', 'start-now', 'end-now'),
    default: 'recorded',
    expected: 'recorded, start-now or end-now',
    brief:
      'When a replay is told to have happened: as recorded, or moved so that it begins or ends now (with ids of its own).',
    example: 'end-now',
    commands: ['replay'],
  }),
  loop: row({
    env: ['OLLASCOPE_LOOP'],
    form: flag,
    default: false,
    expected: 'true or false',
    brief: 'Begin a replay again when it is over, until Ctrl-C.',
    example: 'true',
    commands: ['replay'],
  }),
  start: row({
    env: [],
    form: z.union([z.literal('none'), z.string().regex(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/)]),
    default: 'none',
    expected: 'none or an RFC 3339 time',
    brief: 'When bare files without any time of their own began.',
    example: '2026-11-20T12:00:00Z',
    commands: ['replay'],
  }),
  json: row({
    env: [],
    form: flag,
    default: false,
    expected: 'true or false',
    brief: 'Print for machines.',
    example: 'true',
    commands: ['check', 'doctor', ...ASKING],
  }),
  'loki-url': row({
    env: ['OLLASCOPE_LOKI_URL'],
    form: text,
    default: 'http://127.0.0.1:3100',
    expected: 'an address, with user and password in it where they are needed',
    brief: 'The Loki that is asked.',
    example: 'https://loki.example.org',
    commands: ASKING,
  }),
  'loki-headers': row({
    env: ['OLLASCOPE_LOKI_HEADERS'],
    form: text,
    default: 'none',
    expected: 'none, or name=value pairs with commas between them',
    brief: 'Headers for Loki: a tenant, a token. Give tokens by the environment.',
    example: 'X-Scope-OrgID=team',
    commands: ASKING,
  }),
  'jaeger-url': row({
    env: ['OLLASCOPE_JAEGER_URL'],
    form: text,
    default: 'http://127.0.0.1:16686',
    expected: 'an address, with user and password in it where they are needed',
    brief: 'The Jaeger that is asked: its query port.',
    example: 'https://jaeger.example.org',
    commands: ['trace'],
  }),
  'jaeger-headers': row({
    env: ['OLLASCOPE_JAEGER_HEADERS'],
    form: text,
    default: 'none',
    expected: 'none, or name=value pairs with commas between them',
    brief: 'Headers for Jaeger.',
    example: 'Authorization=Bearer%20abc',
    commands: ['trace'],
  }),
  param: row({
    env: [],
    form: z.union([z.array(z.string()), z.string().transform((pair) => [pair])]),
    default: [],
    expected: 'name=value',
    brief: 'A parameter of the query or search; can be given several times.',
    example: 'model=llama3.2:3b',
    commands: ASKING,
  }),
  since: row({
    env: [],
    form: text,
    default: 'auto',
    expected: 'auto, a duration back from now, or an RFC 3339 time',
    brief: 'From when on is asked about; auto is as far back as the query or search says.',
    example: '24h',
    commands: ASKING,
  }),
  until: row({
    env: [],
    form: text,
    default: 'now',
    expected: 'now, a duration back from now, or an RFC 3339 time',
    brief: 'Until when is asked about.',
    example: '1h',
    commands: ASKING,
  }),
  limit: row({
    env: [],
    form: count(1, 5_000),
    default: 100,
    expected: 'a whole number from 1 to 5000',
    brief: 'How many log records or traces at most: the newest ones.',
    example: '20',
    commands: ASKING,
  }),
  profile: row({
    env: ['OLLASCOPE_PROFILE'],
    form: word('auto', 'none', 'cpu', 'gpu', 'wsl2', 'demo'),
    default: 'auto',
    expected: 'auto, none, cpu, gpu, wsl2 or demo',
    brief: 'What runs beside the servers; auto takes the profile of the last `stack up`, at first none.',
    example: 'demo',
    commands: ['stack'],
  }),
  'stack-state': row({
    env: ['OLLASCOPE_STACK_STATE'],
    form: text,
    default: 'auto',
    expected: 'auto or a folder',
    brief: "Where the stack's password and settings are kept; auto is ollascope/stack below XDG_STATE_HOME.",
    example: '/srv/ollascope',
    commands: ['stack'],
  }),
  quiet: row({
    env: [],
    form: flag,
    default: false,
    expected: 'true or false',
    brief: 'Print nothing: the exit code says it all.',
    example: 'true',
    commands: ['stack'],
  }),
  follow: row({
    env: [],
    form: flag,
    default: false,
    expected: 'true or false',
    brief: '`stack logs` goes on as lines come.',
    example: 'true',
    commands: ['stack'],
  }),
  volumes: row({
    env: [],
    form: flag,
    default: false,
    expected: 'true or false',
    brief: '`stack down` also removes what was kept: metrics, logs, traces, models.',
    example: 'true',
    commands: ['stack'],
  }),
  check: row({
    env: [],
    form: flag,
    default: false,
    expected: 'true or false',
    brief: 'Compare the generated pages with what is there instead of writing them.',
    example: 'true',
    commands: ['docs'],
  }),
  'demo-when-idle': row({
    env: ['OLLASCOPE_DEMO_WHEN_IDLE'],
    form: flag,
    default: false,
    expected: 'true or false',
    brief: 'Where neither Ollama nor a GPU is found, replay the bundled recording (never sent by OTLP).',
    example: 'true',
    commands: ['run'],
  }),
  'exit-when-done': row({
    env: [],
    form: flag,
    default: false,
    expected: 'true or false',
    brief: 'End when the sources end or the demo is over instead of serving on.',
    example: 'true',
    commands: ['run'],
  }),
  'service-name': row({
    env: ['OTEL_SERVICE_NAME'],
    form: text,
    default: 'ollama',
    expected: 'a name',
    brief: 'service.name of everything told.',
    example: 'ollama',
    commands: TOLD,
  }),
} as const;

export type SettingName = keyof typeof settingsTable;
export type Settings = { readonly [K in SettingName]: z.output<(typeof settingsTable)[K]['form']> };
