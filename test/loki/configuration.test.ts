// loki.yaml and the alert rules beside it, held against the catalogue and against what every alert must have.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { labelAttributes } from '../../otel/catalogue/attributes.ts';
import { logqlProblems, parseLogql } from '../support/logql.ts';
import { ROOT } from '../support/program.ts';

type Rule = {
  readonly alert: string;
  readonly expr: string;
  readonly labels: { readonly [name: string]: string };
  readonly annotations: { readonly [name: string]: string };
};

const read = (...path: readonly string[]): string => readFileSync(join(ROOT, ...path), 'utf8');
const rules: readonly Rule[] = parse(read('loki', 'rules', 'fake', 'ollascope.yaml')).groups.flatMap(
  (group: { readonly rules: readonly Rule[] }) => group.rules,
);

describe('loki.yaml', () => {
  const text = read('loki', 'loki.yaml');

  it('makes the catalogue’s label attributes index labels, and nothing else', () => {
    const { ignore_defaults, attributes_config } = parse(text).limits_config.otlp_config.resource_attributes;
    expect(ignore_defaults).toBe(true);
    expect(attributes_config.find(({ action }: { action: string }) => action === 'index_label').attributes).toEqual([
      ...labelAttributes,
    ]);
  });

  it('listens on loopback unless the environment says otherwise, and reports to nobody', () => {
    const listening = [...text.matchAll(/(?:listen_address|instance_addr|frontend_address): (\S+)/g)].map(([, a]) => a);
    expect(listening.length).toBe(4);
    for (const address of listening) expect(address).toContain('127.0.0.1');
    expect(parse(text).analytics).toEqual({ reporting_enabled: false });
  });

  it('gives each variable of the environment one default wherever it stands', () => {
    const defaults = new Map<string, Set<string>>();
    for (const [, name = '', value = ''] of text.matchAll(/\$\{(\w+):-([^}]*)\}/g))
      defaults.set(name, (defaults.get(name) ?? new Set()).add(value));
    expect([...defaults].filter(([, values]) => values.size > 1)).toEqual([]);
    expect(text.match(/\$\{\w+\}/g)).toBeNull();
  });
});

describe.each(rules.map((rule) => [rule.alert, rule] as const))('alert %s', (name, rule) => {
  it('parses, names what is known, and is a number', () => {
    expect(logqlProblems(rule.expr)).toEqual([]);
    expect(parseLogql(rule.expr).kind).toBe('metric');
  });

  it('has severity, priority, component, texts, a dashboard at that time and a runbook page', () => {
    expect(rule.labels).toEqual({
      severity: expect.stringMatching(/^(critical|warning|info)$/),
      priority: expect.stringMatching(/^P[1-4]$/),
      component: expect.stringMatching(/^(gpu|inference|agent|stack)$/),
    });
    expect(Object.keys(rule.annotations).sort()).toEqual(['dashboard_url', 'description', 'runbook_url', 'summary']);
    expect(rule.annotations['dashboard_url']).toContain('?time={{ printf "%.0f000" now }}&time.window=');
    expect(rule.annotations['runbook_url']).toBe(`{{ $externalLabels.runbooks }}/${name}.md`);
    expect(existsSync(join(ROOT, 'prometheus', 'runbooks', `${name}.md`))).toBe(true);
  });

  it('says only labels that its expression keeps', () => {
    const said = Object.values(rule.annotations).join(' ');
    const kept =
      /by \(([^)]*)\)/
        .exec(rule.expr)?.[1]
        ?.split(',')
        .map((label) => label.trim()) ?? [];
    for (const [, label] of said.matchAll(/\$labels\.(\w+)/g)) expect(kept).toContain(label);
  });
});
