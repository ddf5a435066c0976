// The reference pages name everything the catalogue has, in tables that are well formed.
import { expect, test } from 'vitest';
import { attributes } from '../../otel/catalogue/attributes.ts';
import { logEventNames } from '../../otel/catalogue/logs.ts';
import { metricNames } from '../../otel/catalogue/metrics.ts';
import { spans } from '../../otel/catalogue/spans.ts';
import { renderDocs } from '../../otel/docs.ts';
import { prometheusName } from '../../otel/names.ts';

const pages = new Map(renderDocs().map(({ path, text }) => [path, text]));

test('three pages, each naming everything of its kind', () => {
  expect([...pages.keys()]).toEqual(['otel/METRICS.md', 'otel/SPANS.md', 'loki/LOGS.md']);
  for (const name of metricNames) {
    expect(pages.get('otel/METRICS.md')).toContain(`| \`${name}\``);
    expect(pages.get('otel/METRICS.md')).toContain(`\`${prometheusName(name)}\``);
  }
  for (const key of Object.keys(attributes)) expect(pages.get('otel/METRICS.md')).toContain(`| \`${key}\``);
  for (const { name } of Object.values(spans)) expect(pages.get('otel/SPANS.md')).toContain(`| \`${name}\``);
  for (const name of logEventNames) expect(pages.get('loki/LOGS.md')).toContain(`| \`${name}\``);
});

test('every row of every table has as many cells as its head', () => {
  for (const [path, text] of pages) {
    let width = 0;
    for (const line of text.split('\n')) {
      if (!line.startsWith('|')) {
        width = 0;
        continue;
      }
      const cells = line.replaceAll('\\|', '').split('|').length;
      if (width === 0) width = cells;
      expect(cells, `${path}: ${line}`).toBe(width);
    }
  }
});

test('the same pages every time', () => {
  expect(renderDocs()).toEqual([...pages].map(([path, text]) => ({ path, text })));
});
