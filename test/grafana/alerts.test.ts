// Alerts and dashboards meet: a page leads to a dashboard that has the variables it sets, and both promise the same.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { AVAILABILITY, FIRST_TOKEN_SECONDS, FIRST_TOKEN_SHARE } from '../../grafana/source/service-level.ts';
import { ROOT } from '../support/program.ts';
import { dashboards } from './checked-in.ts';

const RULES = ['prometheus/rules', 'loki/rules/fake'];

const ruleFiles = RULES.flatMap((folder) =>
  readdirSync(join(ROOT, folder))
    .filter((name) => name.endsWith('.yaml'))
    .map((name) => ({ path: `${folder}/${name}`, text: readFileSync(join(ROOT, folder, name), 'utf8') })),
);

describe('links of alerts', () => {
  test('lead to dashboards of ours and set variables that they have', () => {
    const links = ruleFiles.flatMap(({ path, text }) =>
      [...text.matchAll(/\/d\/([\w-]+)\?(.*)/g)].map(([, uid = '', rest = '']) => ({ path, uid, rest })),
    );
    expect(links.length).toBeGreaterThan(30);
    for (const { path, uid, rest } of links) {
      const dashboard = dashboards.find((each) => each.uid === uid);
      expect(dashboard, `${path}: ${uid}`).toBeDefined();
      const names = dashboard?.templating.list.map(({ name }) => name);
      for (const [, name] of rest.matchAll(/[?&]var-(\w+)=/g)) expect(names, `${path}: ${uid}`).toContain(name);
    }
  });
});

describe('objectives', () => {
  const slo = ruleFiles.find(({ path }) => path.endsWith('/slo.yaml'));
  const rules = (
    parse(slo?.text ?? '') as {
      groups: readonly { rules: readonly { record?: string; expr: string; labels?: { slo?: string } }[] }[];
    }
  ).groups.flatMap((group) => group.rules);
  const objective = (name: string): number => {
    const rule = rules.find(({ record, labels }) => record === 'slo:objective:ratio' && labels?.slo === name);
    return Number(/vector\(([\d.]+)\)/.exec(rule?.expr ?? '')?.[1]);
  };

  test('that the panels name are those of the rules', () => {
    expect(objective('availability')).toBe(AVAILABILITY);
    expect(objective('first_token')).toBe(FIRST_TOKEN_SHARE);
    const bounds = rules.flatMap(({ expr }) =>
      [...expr.matchAll(/\{le="([\d.]+)"/g)].map(([, bound]) => Number(bound)),
    );
    expect(new Set(bounds)).toEqual(new Set([FIRST_TOKEN_SECONDS]));
  });
});
