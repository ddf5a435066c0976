// Parameters of a stored question: their forms, and how a value is put in so that it stays a value whatever it contains.
// Pure. A question is text with `$name` in it; Grafana's variables are written the same way, so dashboards paste it as it is.

/**
 * `pattern` goes between the quotes of a regular expression: `*` stands for anything, everything else for itself;
 * `text` goes between quotes as it is; `id` is hexadecimal; `number` and `duration` stand bare.
 */
export type ParameterForm = 'pattern' | 'text' | 'id' | 'number' | 'duration';

export type ParameterRow = {
  readonly form: ParameterForm;
  readonly what: string;
  readonly example: string;
  /** As it is put in; a parameter without one must be given. */
  readonly default?: string;
};

export type ParameterTable = { readonly [name: string]: ParameterRow };
export type Given = { readonly [name: string]: string };

/** The problems that keep a question from being asked, or its text with every parameter put in. */
export type Filled = { readonly text: string } | { readonly problems: readonly string[] };

const ID = /^[0-9a-f]{16,64}$/;
const NUMBER = /^\d+(\.\d+)?$/;
const DURATION = /^(\d+(ms|s|m|h|d|w|y))+$/;

const forms: { readonly [F in ParameterForm]: { readonly takes: RegExp; readonly expected: string } } = {
  pattern: { takes: /./s, expected: 'a text, in which * stands for anything' },
  text: { takes: /./s, expected: 'a text' },
  id: { takes: ID, expected: '16 to 64 hexadecimal digits' },
  number: { takes: NUMBER, expected: 'a number' },
  duration: { takes: DURATION, expected: 'a duration such as 90s, 5m, 1h or 7d' },
};

const SECONDS: { readonly [unit: string]: number } = {
  ms: 0.001,
  s: 1,
  m: 60,
  h: 3_600,
  d: 86_400,
  w: 604_800,
  y: 31_536_000,
};

/** `1h30m` → 5400. Of a text that the form `duration` takes. */
export const durationSeconds = (text: string): number =>
  [...text.matchAll(/(\d+)(ms|[smhdwy])/g)].reduce(
    (sum, [, n, unit]) => sum + Number(n) * (SECONDS[unit ?? ''] ?? 0),
    0,
  );

export const isDuration = (text: string): boolean => DURATION.test(text);

/** Between double quotes both LogQL and JSON read the escapes of JSON. */
const quoted = (value: string): string => JSON.stringify(value).slice(1, -1);

/** A regular expression that matches the value itself, with `*` for anything. */
const patternOf = (value: string): string =>
  value
    .split('*')
    .map((part) => part.replace(/[\\^$.|?+()[\]{}]/g, '\\$&'))
    .join('.*');

const put = ({ form, default: standard }: ParameterRow, value: string): string => {
  if (form === 'pattern') return value === '*' && standard !== undefined ? standard : quoted(patternOf(value));
  return form === 'text' ? quoted(value) : value;
};

const PARAMETER = /\$([a-z_]+)/g;

/** Names of the parameters in a text, each once, in the order they come. */
export const parametersIn = (text: string): readonly string[] => [
  ...new Set([...text.matchAll(PARAMETER)].map(([, name]) => name ?? '')),
];

/** `needs` are parameters that must be given here although others have a default. */
export const fill = (text: string, table: ParameterTable, given: Given, needs: readonly string[] = []): Filled => {
  const names = parametersIn(text);
  const problems = Object.keys(given)
    .filter((name) => !names.includes(name))
    .map((name) => `${name}: expected one of ${names.join(', ') || 'no parameter at all'}, found another name`);
  const values = new Map<string, string>();
  for (const name of names) {
    const row = table[name];
    const value = given[name];
    if (row === undefined) throw new Error(`${name}: a parameter that is in no table`);
    const { takes, expected } = forms[row.form];
    if (value === undefined) {
      if (row.default === undefined || needs.includes(name))
        problems.push(`${name}: expected ${expected} (${row.what}), found nothing; give it by --param ${name}=VALUE`);
      else values.set(name, row.default);
    } else if (takes.test(value)) values.set(name, put(row, value));
    else problems.push(`${name}: expected ${expected} (${row.what}), found ${JSON.stringify(value)}`);
  }
  return problems.length > 0
    ? { problems }
    : { text: text.replace(PARAMETER, (_, name: string) => values.get(name) ?? '') };
};
