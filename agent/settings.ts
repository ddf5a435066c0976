// Settings from flags, environment and a YAML file, in that order of precedence. Pure: returns the settings or every problem
// at once, each with what was expected, what was found and what to do.
import { parseDocument } from 'yaml';
import { type Command, type SettingName, type SettingRow, type Settings, settingsTable } from './settings-table.ts';

export type Environment = { readonly [name: string]: string | undefined };

export type SettingProblem = {
  /** How the person wrote it: `--gpu-interval`, `OLLASCOPE_OTLP`, `ollascope.yaml: otlp`. */
  readonly setting: string;
  readonly expected: string;
  readonly found: string;
  readonly hint: string;
};

export type SettingsInput = {
  readonly command: Command;
  /** Flag values by setting name; true for a flag without a value. */
  readonly flags: { readonly [name: string]: unknown };
  readonly env: Environment;
  /** The YAML file, already read. */
  readonly file?: { readonly name: string; readonly text: string };
};

export type LoadedSettings =
  | { readonly settings: Settings; readonly given: ReadonlySet<SettingName> }
  | { readonly problems: readonly SettingProblem[] };

type Given = { readonly as: string; readonly value: unknown };

const rows: { readonly [name: string]: SettingRow } = settingsTable;
export const settingNames = Object.keys(settingsTable) as readonly SettingName[];

/** What the OpenTelemetry specification names, in its own units, put into ours. */
const standardEnvironment = (env: Environment): { readonly [name: string]: Given } => {
  const found: { [name: string]: Given } = {};
  const interval = env['OTEL_METRIC_EXPORT_INTERVAL'];
  if (interval !== undefined && interval !== '') {
    const value = /^\d+$/.test(interval) ? Number(interval) / 1_000 : interval;
    found['metric-interval'] = { as: 'OTEL_METRIC_EXPORT_INTERVAL (milliseconds)', value };
  }
  const host = env['OTEL_EXPORTER_PROMETHEUS_HOST'];
  const port = env['OTEL_EXPORTER_PROMETHEUS_PORT'];
  if (host !== undefined || port !== undefined) {
    const value = `${host ?? '127.0.0.1'}:${port ?? '9464'}`;
    found['metrics-listen'] = { as: 'OTEL_EXPORTER_PROMETHEUS_HOST and _PORT', value };
  }
  if (env['OTEL_SDK_DISABLED']?.toLowerCase() === 'true') found['otlp'] = { as: 'OTEL_SDK_DISABLED', value: 'off' };
  return found;
};

/** Edit distance, for "did you mean": small words only. */
const distance = (a: string, b: string): number => {
  let previous = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i += 1) {
    const current = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const substitution = (previous[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      current.push(Math.min((previous[j] ?? 0) + 1, (current[j - 1] ?? 0) + 1, substitution));
    }
    previous = current;
  }
  return previous[b.length] ?? 0;
};

const nearest = (name: string): string | undefined => {
  const [best] = settingNames
    .map((known) => ({ known, d: distance(name, known) }))
    .sort((a, b) => a.d - b.d || a.known.localeCompare(b.known));
  return best !== undefined && best.d <= Math.max(2, name.length / 3) ? best.known : undefined;
};

const readFile = (file: SettingsInput['file'], problems: SettingProblem[]): { readonly [name: string]: Given } => {
  if (file === undefined) return {};
  const document = parseDocument(file.text);
  const [error] = document.errors;
  const value: unknown = error === undefined ? document.toJS() : undefined;
  if (error !== undefined || (value !== null && (typeof value !== 'object' || Array.isArray(value)))) {
    const found = error === undefined ? 'something else' : (error.message.split('\n')[0] ?? 'bad YAML');
    problems.push({
      setting: file.name,
      expected: 'a YAML mapping of setting: value',
      found,
      hint: 'see the table of settings in README.md',
    });
    return {};
  }
  const given: { [name: string]: Given } = {};
  for (const [name, found] of Object.entries(value ?? {})) {
    if (name in rows) {
      given[name] = { as: `${file.name}: ${name}`, value: found };
      continue;
    }
    const near = nearest(name);
    problems.push({
      setting: `${file.name}: ${name}`,
      expected: 'the name of a setting',
      found: name,
      hint: near === undefined ? 'remove it; README.md lists all settings' : `did you mean ${near}?`,
    });
  }
  return given;
};

const fromEnvironment = (row: SettingRow, env: Environment): Given | undefined => {
  for (const name of row.env) {
    const value = env[name];
    if (value !== undefined && value !== '') return { as: name, value };
  }
  return undefined;
};

const show = (value: unknown): string =>
  typeof value === 'string' ? JSON.stringify(value) : (JSON.stringify(value) ?? String(value));

/** Reads every setting; with any problem there are no settings. */
export const loadSettings = ({ command, flags, env, file }: SettingsInput): LoadedSettings => {
  const problems: SettingProblem[] = [];
  const fromFile = readFile(file, problems);
  const standard = standardEnvironment(env);
  const values: { [name: string]: unknown } = {};
  const given = new Set<SettingName>();
  for (const name of settingNames) {
    const row: SettingRow = settingsTable[name];
    const flagValue = flags[name];
    const chosen: Given | undefined =
      flagValue !== undefined
        ? { as: `--${name}`, value: flagValue }
        : (fromEnvironment(row, env) ?? standard[name] ?? fromFile[name]);
    if (chosen === undefined) {
      values[name] = row.default;
      continue;
    }
    const parsed = row.form.safeParse(chosen.value);
    // A wrong environment variable of another command is not this command's problem; a wrong flag always is.
    if (parsed.success) {
      values[name] = parsed.data;
      if (row.commands.includes(command)) given.add(name);
    } else if (row.commands.includes(command) || flagValue !== undefined) {
      problems.push({
        setting: chosen.as,
        expected: row.expected,
        found: show(chosen.value),
        hint: `for example ${row.example}`,
      });
    } else values[name] = row.default;
  }
  return problems.length > 0 ? { problems } : { settings: Object.freeze(values) as Settings, given };
};

/** One line per problem, as people read it. */
export const renderProblems = (problems: readonly SettingProblem[]): string =>
  problems
    .map(({ setting, expected, found, hint }) => {
      const advice = hint.endsWith('?') ? hint : `${hint}.`;
      return `${setting}: expected ${expected}, found ${found}. What to do: ${advice}\n`;
    })
    .join('');

/** README's table of settings. */
export const renderSettings = (): string => {
  const cell = (value: unknown): string => String(value).replaceAll('|', '\\|');
  const lines = settingNames.map((name) => {
    const r: SettingRow = settingsTable[name];
    const env = r.env.map((e) => `\`${e}\``).join(', ');
    return `| \`--${name}\` | ${env} | ${Array.isArray(r.default) ? '' : `\`${cell(r.default)}\``} | ${cell(r.expected)} | ${cell(r.brief)} | ${r.commands.join(', ')} |`;
  });
  return [
    '| Flag, YAML key | Environment | Default | Values | What | Commands |',
    '|---|---|---|---|---|---|',
    ...lines,
    '',
  ].join('\n');
};
