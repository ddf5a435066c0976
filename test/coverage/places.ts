// Whether a name can be found where COVERAGE.md says: an alert in its rule file, a panel in its dashboard, a query in its library,
// a metric in the catalogue, a setting or command in the program; in any other file, the text itself.
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { parse } from 'yaml';
import { type SettingRow, settingsTable } from '../../agent/settings-table.ts';
import { searches } from '../../jaeger/searches/index.ts';
import { queries } from '../../loki/queries/index.ts';
import { attributes } from '../../otel/catalogue/attributes.ts';
import { logEventNames } from '../../otel/catalogue/logs.ts';
import { metricNames } from '../../otel/catalogue/metrics.ts';
import { spans } from '../../otel/catalogue/spans.ts';
import { ROOT } from '../support/program.ts';
import type { Place } from './document.ts';

type RuleFile = { readonly groups: readonly { readonly rules: readonly { alert?: string; record?: string }[] }[] };
type Panel = { readonly title: string; readonly panels?: readonly Panel[] };

const textOf = (path: string): string => readFileSync(join(ROOT, path), 'utf8');

const rulesOf = (path: string): readonly string[] =>
  (parse(textOf(path)) as RuleFile).groups.flatMap(({ rules }) =>
    rules.map(({ alert, record }) => alert ?? record ?? ''),
  );

const titlesOf = (panels: readonly Panel[]): readonly string[] =>
  panels.flatMap((panel) => [panel.title, ...titlesOf(panel.panels ?? [])]);
const panelsOf = (path: string): readonly string[] =>
  titlesOf((JSON.parse(textOf(path)) as { readonly panels: readonly Panel[] }).panels);

const attributeKeys = Object.keys(attributes);
const settings: { readonly [name: string]: SettingRow } = settingsTable;

/** `stack up --volumes`: the file is the command's, the action is one of its keys, the flag is a setting of the command. */
const commandProblem = (path: string, name: string): string | undefined => {
  const command = basename(path, '.ts');
  const [first, ...words] = name.split(' ');
  if (first !== command) return `is not the command ${command}`;
  for (const word of words) {
    const flag = settings[word.slice(2)];
    const isKnown = word.startsWith('--')
      ? flag?.commands.some((one) => one === command) === true
      : new RegExp(`^  ${word}:`, 'm').test(textOf(path));
    if (!isKnown) return `has ${word}, which ${command} does not know`;
  }
  return undefined;
};

type Finder = { readonly of: RegExp; readonly names: (path: string) => readonly string[] };
const finders: readonly Finder[] = [
  { of: /^prometheus\/(rules|compat)\/[\w-]+\.yaml$|^loki\/rules\//, names: rulesOf },
  { of: /^grafana\/dashboards\/.*\.json$/, names: panelsOf },
  { of: /^loki\/QUERIES\.md$/, names: () => queries.map(({ name }) => name) },
  { of: /^jaeger\/SEARCHES\.md$/, names: () => searches.map(({ name }) => name) },
  { of: /^otel\/METRICS\.md$/, names: () => [...metricNames, ...attributeKeys] },
  { of: /^otel\/SPANS\.md$/, names: () => Object.values(spans).map(({ name }) => name) },
  { of: /^loki\/LOGS\.md$/, names: () => [...logEventNames, ...attributeKeys] },
  { of: /^README\.md$/, names: () => Object.keys(settings).map((name) => `--${name}`) },
];

const nameProblem = (path: string, name: string): string | undefined => {
  if (path.startsWith('agent/commands/')) return commandProblem(path, name);
  const finder = finders.find(({ of }) => of.test(path));
  const isThere = finder === undefined ? textOf(path).includes(name) : finder.names(path).includes(name);
  return isThere ? undefined : 'is not there';
};

const slugOf = (heading: string): string =>
  heading
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\s_-]/gu, '')
    .trim()
    .replaceAll(' ', '-');

const anchorsOf = (path: string): ReadonlySet<string> =>
  new Set([...textOf(path).matchAll(/^#{1,6} (.+)$/gm)].map(([, heading = '']) => slugOf(heading)));

export const placeProblems = ({ path, anchor, names }: Place): readonly string[] => {
  const file = path === '' ? 'COVERAGE.md' : path;
  if (!existsSync(join(ROOT, file))) return [`${file}: no such file`];
  if (statSync(join(ROOT, file)).isDirectory()) return [`${file}: a folder proves nothing; link a file`];
  const wrongAnchor = anchor !== '' && !anchorsOf(file).has(anchor) ? [`${file}#${anchor}: no such heading`] : [];
  return [
    ...wrongAnchor,
    ...names.flatMap((name) => {
      const problem = nameProblem(file, name);
      return problem === undefined ? [] : [`${file}: ${name} ${problem}`];
    }),
  ];
};

const filesIn = (folder: string, ending: string): readonly string[] =>
  readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith(ending))
    .map((name) => `${folder}/${name}`);

const alerts = new Set(
  [...filesIn('prometheus/rules', '.yaml'), ...filesIn('loki/rules', '.yaml')]
    .filter((path) => !path.endsWith('.test.yaml'))
    .flatMap(rulesOf),
);
const panels = new Set(filesIn('grafana/dashboards', '.json').flatMap(panelsOf));
const told = new Set<string>([...metricNames, ...attributeKeys, ...logEventNames]);

/** A name in prose that has the form of one of ours must be one of ours. */
export const proseProblem = (name: string): string | undefined => {
  if (/^(Gpu|Ollama|Ollascope|Host|Container|Collector)[A-Z]\w+$/.test(name) || /^\w+:\w+:\w+$/.test(name))
    return alerts.has(name) ? undefined : `${name}: no such rule`;
  if (/^(gen_ai|hw|nvidia|ollama|ollascope)\.[\w.]+$/.test(name))
    return told.has(name) ? undefined : `${name}: not told`;
  if (/^--/.test(name)) return settings[name.slice(2)] === undefined ? `${name}: no such setting` : undefined;
  if (/^stack /.test(name)) return commandProblem('agent/commands/stack.ts', name.split(' ').slice(0, 2).join(' '));
  if (/^[A-Z][a-z]+( [a-zA-Z0-9%,]+)+$/.test(name)) return panels.has(name) ? undefined : `${name}: no such panel`;
  return undefined;
};
