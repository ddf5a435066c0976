// The table of the documents' panels names only panels of ours that are there.
import { execFileSync } from 'node:child_process';
import { cpSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { TITLES } from '../../grafana/source/links.ts';
import { createScratch } from '../support/scratch.ts';
import { DASHBOARDS, dashboards, panelsOf } from './checked-in.ts';

const scratch = createScratch();
afterAll(scratch.remove);

const README = readFileSync(join(import.meta.dirname, '..', '..', 'grafana', 'README.md'), 'utf8');

test('every panel that the README names is there', () => {
  const titles: readonly string[] = Object.values(TITLES);
  const named = [...README.matchAll(/`([\w ]+) \/ ([^`]+)`/g)].filter(([, dashboard = '']) =>
    titles.includes(dashboard),
  );
  expect(named.length).toBeGreaterThan(60);
  const missing = named.filter(([, title = '', panel]) => {
    const dashboard = dashboards.find((each) => each.title === `ollascope · ${title}`);
    return dashboard === undefined || !panelsOf(dashboard).some((each) => each.title === panel);
  });
  expect(missing.map(([whole]) => whole)).toEqual([]);
});

test('every dashboard stands in the README with its uid', () => {
  for (const { uid, title } of dashboards)
    expect(README).toContain(`| ${title.replace('ollascope · ', '')} | \`${uid}\` |`);
});

test('the command for other uids of data sources leaves none of ours and breaks nothing', () => {
  const [, command = ''] = /```sh\n\s*(sed .*)\n/.exec(README) ?? [];
  cpSync(DASHBOARDS, scratch.path('grafana/dashboards'), { recursive: true });
  execFileSync('sh', ['-c', command], { cwd: scratch.folder });
  const files = readdirSync(scratch.path('grafana/dashboards'), { recursive: true, encoding: 'utf8' });
  const texts = files
    .filter((file) => file.endsWith('.json'))
    .map((file) => readFileSync(join(scratch.path('grafana/dashboards'), file), 'utf8'));
  expect(texts.length).toBe(dashboards.length);
  for (const text of texts) {
    expect(JSON.parse(text)).toHaveProperty('panels');
    expect(text).not.toMatch(/"uid": "loki"|(datasource|uid)%22%3A%22loki%22/);
  }
  expect(texts.join('')).toContain('%22uid%22%3A%22YOURS%22');
});
