// The rules as text: they parse, they name only what somebody tells, and every alert has what whoever is woken needs.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { XID_ENTRIES } from '../../collectors/nvidia/xid-catalogue.ts';
import { labelAttributes } from '../../otel/catalogue/attributes.ts';
import { expressionProblems, selectorsOf } from '../support/promql.ts';
import { nameProblems, recordedNames, rulesOf } from '../support/promql-names.ts';

const FOLDER = join(import.meta.dirname, '..', '..', 'prometheus');
const read = (path: string): string => readFileSync(join(FOLDER, path), 'utf8');

const rules = rulesOf(['prometheus/rules']);
const alerts = rules.filter(({ alert }) => alert !== undefined);

const dashboardTexts = (): readonly string[] => {
  const dashboards = join(FOLDER, '..', 'grafana', 'dashboards');
  return readdirSync(dashboards, { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.json'))
    .map((path) => readFileSync(join(dashboards, path), 'utf8'));
};

const DASHBOARDS: readonly string[] = dashboardTexts().map((text) => String(JSON.parse(text).uid));
const RUNBOOK_SECTIONS = ['## What it means', '## What to look at', '## What to do'];
/** Priority of each severity: a warning may not wake anybody at once, information may wait for the morning. */
const PRIORITIES: { readonly [severity: string]: readonly string[] } = {
  critical: ['P1', 'P2'],
  warning: ['P2', 'P3', 'P4'],
  info: ['P4'],
};
const COMPONENTS = ['gpu', 'inference', 'agent', 'stack'];

describe('rules', () => {
  it('parse, and name only metrics and labels that somebody tells', () => {
    const recorded = recordedNames();
    const problems = rules.flatMap(({ file, alert, record, expr }) =>
      [...expressionProblems(expr), ...nameProblems(expr, recorded)].map(
        (problem) => `${file} ${alert ?? record}: ${problem}`,
      ),
    );
    expect(problems).toEqual([]);
    expect(rules.length).toBeGreaterThan(90);
  });

  it('record under level:metric:operation', () => {
    const odd = rules.flatMap(({ record }) =>
      record === undefined || /^[a-z_]+:[a-z0-9_]+:[a-z0-9_]+$/.test(record) ? [] : [record],
    );
    expect(odd).toEqual([]);
  });

  it('record nothing that no alert, rule, dashboard or runbook asks for', () => {
    const pages = readdirSync(join(FOLDER, 'runbooks')).map((page) => read(`runbooks/${page}`));
    const texts = [...dashboardTexts(), ...pages].join('\n');
    const asked = new Set(rules.flatMap(({ expr }) => selectorsOf(expr).map(({ metric }) => metric ?? '')));
    const unused = [...new Set(rules.flatMap(({ record }) => record ?? []))].filter(
      (name) => !asked.has(name) && !texts.includes(name) && !FOR_PEOPLE.includes(name),
    );
    expect(unused).toEqual([]);
  });

  it('know every Xid class as the catalogue does', () => {
    const codesOf = (alert: string, op: string): readonly string[] => {
      const rule = alerts.find((each) => each.alert === alert);
      const matcher = selectorsOf(rule?.expr ?? '')[0]?.matchers.find((each) => each.label === 'error_type');
      expect(matcher?.op).toBe(op);
      return (/\(([\d|]+)\)/.exec(matcher?.value ?? '')?.[1] ?? '').split('|');
    };
    const inCatalogue = (test: (entry: (typeof XID_ENTRIES)[number]) => boolean): readonly string[] =>
      XID_ENTRIES.filter(test).map(({ code }) => String(code));
    const application = inCatalogue(({ scope }) => scope === 'application');
    const fatal = inCatalogue(
      ({ scope, severity }) => scope !== 'application' && (severity === 'ERROR' || severity === 'FATAL'),
    );
    const information = inCatalogue(({ scope, severity }) => scope !== 'application' && severity === 'INFO');
    expect(codesOf('GpuFaultFatal', '=~')).toEqual(fatal);
    expect(codesOf('GpuFaultApplication', '=~')).toEqual(application);
    expect(codesOf('GpuFault', '!~')).toEqual([...fatal, ...application, ...information]);
    expect(codesOf('GpuFaultHitRequests', '!~')).toEqual([...application, ...information]);
  });
});

/** The fleet at a glance, for whoever runs more than one machine: no rule of ours needs it. */
const FOR_PEOPLE = ['cluster:hw_gpu_utilization:avg', 'cluster:hw_gpu_memory:ratio'];

describe('every alert', () => {
  it.each(alerts.map((rule) => [rule.alert ?? '', rule] as const))('%s has what it needs', (name, rule) => {
    const { severity = '', priority = '', component = '', ...more } = rule.labels ?? {};
    expect(Object.keys(more)).toEqual([]);
    expect(PRIORITIES[severity]).toContain(priority);
    expect(COMPONENTS).toContain(component);
    const { summary = '', description = '', runbook_url, dashboard_url = '', ...others } = rule.annotations ?? {};
    expect(Object.keys(others)).toEqual([]);
    expect(summary.length).toBeGreaterThan(15);
    expect(description.length).toBeGreaterThan(40);
    expect(runbook_url).toBe(`{{ $externalLabels.runbooks }}/${name}.md`);
    expect(DASHBOARDS).toContain(/\/d\/([\w-]+)\?from=/.exec(dashboard_url)?.[1]);
    expect(dashboard_url).toMatch(/&to=\{\{ with query "vector\(time\(\)\*1000\)" \}\}/);
  });

  it('that Alertmanager inhibits or is inhibited by exists', () => {
    const known = [...alerts, ...rulesOf(['loki/rules/fake'])].map(({ alert }) => alert);
    const config = readFileSync(join(FOLDER, '..', 'alertmanager', 'alertmanager.yaml'), 'utf8');
    const named = [...config.matchAll(/alertname=~?"([^"]+)"/g)].flatMap(([, names = '']) => names.split('|'));
    expect(named.filter((name) => !known.includes(name))).toEqual([]);
    expect(named.length).toBeGreaterThan(10);
  });

  it('has a name of its own', () => {
    const names = alerts.map(({ alert }) => alert);
    expect(names).toEqual([...new Set(names)]);
    expect(names.filter((name) => !/^([A-Z][a-z]+)+$/.test(name ?? ''))).toEqual([]);
  });

  it('has a runbook that says what it means, what to look at and what to do', () => {
    const paged = [...alerts, ...rulesOf(['loki/rules/fake'])].filter(({ alert }) => alert !== undefined);
    const problems = paged.flatMap(({ alert }) => {
      const page = `runbooks/${alert}.md`;
      if (!existsSync(join(FOLDER, page))) return [`${page} is missing`];
      const text = read(page);
      const lacking = RUNBOOK_SECTIONS.filter((section) => !text.includes(`\n${section}\n`));
      if (!text.startsWith(`# ${alert}\n`)) lacking.push(`# ${alert}`);
      // Something to paste: at least one query or command.
      if (!/```/.test(text)) lacking.push('a command or query');
      return lacking.map((what) => `${page} lacks ${what}`);
    });
    expect(problems).toEqual([]);
  });
});

type TestCase = { readonly eval_time: string; readonly expr: string; readonly exp_samples?: readonly unknown[] };
type TestFile = {
  readonly tests: readonly { readonly name: string; readonly promql_expr_test?: readonly TestCase[] }[];
};

/** Which of the four questions the unit tests of each alert ask. */
const askedOf = (): ReadonlyMap<string, ReadonlySet<string>> => {
  const asked = new Map<string, Set<string>>();
  const add = (alert: string, kind: string): void => {
    asked.set(alert, (asked.get(alert) ?? new Set()).add(kind));
  };
  for (const file of readdirSync(join(FOLDER, 'rules/tests'))) {
    const { tests }: TestFile = parse(read(`rules/tests/${file}`));
    for (const { name, promql_expr_test: cases = [] } of tests) {
      let fired = false;
      for (const { expr, exp_samples = [] } of cases) {
        const alert = /ALERTS\{alertname="(\w+)", alertstate="firing"\}/.exec(expr)?.[1] ?? '';
        if (name.startsWith('missing series')) add(alert, 'missing series');
        else if (exp_samples.length > 0) add(alert, 'fires');
        else if (fired) add(alert, 'resolves');
        else if (name.includes('does not fire')) add(alert, 'does not fire');
        fired = exp_samples.length > 0 && !name.startsWith('missing series');
      }
    }
  }
  return asked;
};

describe('unit tests of the alerts', () => {
  it('ask all four questions of every alert', () => {
    const asked = askedOf();
    const kinds = ['fires', 'does not fire', 'resolves', 'missing series'];
    const problems = alerts.flatMap(({ alert = '' }) =>
      kinds.filter((kind) => asked.get(alert)?.has(kind) !== true).map((kind) => `${alert}: no test "${kind}"`),
    );
    expect(problems).toEqual([]);
  });
});

describe('prometheus.yaml', () => {
  it('turns exactly the label attributes of the catalogue into labels', () => {
    const { otlp } = parse(read('prometheus.yaml'));
    expect(otlp.promote_resource_attributes).toEqual([...labelAttributes]);
  });

  it('shows its readers every file it names', () => {
    const { scrape_configs, alerting, rule_files } = parse(read('prometheus.yaml'));
    expect(rule_files).toEqual(['rules/*.yaml', 'compat/*.yaml']);
    const files: readonly string[] = [...scrape_configs, ...alerting.alertmanagers].flatMap((each) =>
      each.file_sd_configs.flatMap((config: { files: readonly string[] }) => config.files),
    );
    for (const file of files) expect(parse(read(file.replace('*', '')))).toBeInstanceOf(Array);
    expect(files).toHaveLength(3);
  });
});
