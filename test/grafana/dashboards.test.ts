// Dashboards: what the generator makes is what is checked in, readable, and complete.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { dashboardFiles } from '../../grafana/source/all.ts';
import { sources } from '../../grafana/source/queries.ts';
import { DASHBOARDS, dashboardPaths, dashboards, type Panel, panelsOf } from './checked-in.ts';

const GRID = 24;
const SMALLEST = { stat: 4, default: 8 } as const;
/** `seriesToColumns`, `labelsToFields` and the like are gone or on their way out. */
const TRANSFORMATIONS = ['extractFields', 'filterFieldsByName', 'organize', 'merge'];

const everyPanel = dashboards.flatMap((dashboard) =>
  panelsOf(dashboard).map((panel) => ({ dashboard, panel, where: `${dashboard.uid} / ${panel.title}` })),
);

const overlap = (a: Panel['gridPos'], b: Panel['gridPos']): boolean =>
  a.x < b.x + b.w && b.x < a.x + a.w && a.y < b.y + b.h && b.y < a.y + a.h;

describe('dashboards', () => {
  test('are what the generator makes', () => {
    const made = dashboardFiles();
    expect(dashboardPaths()).toEqual([...made.keys()].sort());
    const different = [...made]
      .filter(([path, text]) => readFileSync(join(DASHBOARDS, path), 'utf8') !== text)
      .map(([path]) => `${path}: run npm run dashboards`);
    expect(different).toEqual([]);
  });

  test('have uids of their own and the classic model', () => {
    const uids = dashboards.map(({ uid }) => uid);
    expect(new Set(uids).size).toBe(uids.length);
    expect(uids.length).toBe(8);
    for (const { schemaVersion } of dashboards) expect(schemaVersion).toBe(42);
  });

  test('give each panel an id of its own', () => {
    for (const { uid, panels } of dashboards) {
      const ids = panels.map(({ id }) => id);
      expect(new Set(ids).size, uid).toBe(ids.length);
    }
  });

  test('give each panel a title of its own', () => {
    for (const dashboard of dashboards) {
      const titles = panelsOf(dashboard).map(({ title }) => title);
      const twice = titles.filter((title, index) => titles.indexOf(title) !== index);
      expect(twice, dashboard.uid).toEqual([]);
    }
  });

  test('lay panels beside each other, within the grid', () => {
    for (const { uid, panels } of dashboards) {
      for (const [index, a] of panels.entries()) {
        expect(a.gridPos.x + a.gridPos.w, `${uid} / ${a.title}`).toBeLessThanOrEqual(GRID);
        for (const b of panels.slice(index + 1))
          expect(overlap(a.gridPos, b.gridPos), `${uid}: ${a.title} and ${b.title}`).toBe(false);
      }
    }
  });

  test('leave no gap at the end of a line', () => {
    const ragged = dashboards.flatMap(({ uid, panels }) => {
      const lines = Map.groupBy(panels, ({ gridPos }) => gridPos.y);
      return [...lines].flatMap(([y, line]) => {
        const width = line.reduce((sum, { gridPos }) => sum + gridPos.w, 0);
        return width === GRID ? [] : [`${uid} at ${y}: ${line.map(({ title }) => title).join(', ')} fill ${width}`];
      });
    });
    expect(ragged).toEqual([]);
  });

  test('are readable at 1280 pixels: no panel is too narrow for its kind', () => {
    const narrow = everyPanel
      .filter(({ panel }) => panel.gridPos.w < (panel.type === 'stat' ? SMALLEST.stat : SMALLEST.default))
      .map(({ where, panel }) => `${where}: ${panel.gridPos.w} columns`);
    expect(narrow).toEqual([]);
  });

  test('say of each panel what it shows, in which unit, and what it means when it is empty', () => {
    for (const { panel, where } of everyPanel) {
      expect(panel.description?.length ?? 0, `${where}: description`).toBeGreaterThan(9);
      expect(panel.fieldConfig?.defaults.noValue?.length ?? 0, `${where}: noValue`).toBeGreaterThan(9);
      expect(panel.fieldConfig?.defaults.unit, `${where}: unit`).toMatch(/\S/);
      expect(panel.targets?.length ?? 0, `${where}: queries`).toBeGreaterThan(0);
    }
  });

  test('ask only data sources that are provisioned', () => {
    const uids = Object.values(sources).map(({ uid }): string => uid);
    for (const { panel, where } of everyPanel) {
      expect(uids, where).toContain(panel.datasource?.uid);
      for (const { datasource } of panel.targets ?? []) expect(datasource, where).toEqual(panel.datasource);
    }
  });

  test('give series of Prometheus a shortest step, a longer one where each step counts what happened in it', () => {
    for (const { panel, where } of everyPanel.filter((each) => each.panel.datasource?.uid === 'prometheus')) {
      const counts = (panel.targets ?? []).some(({ expr = '' }) => expr.includes('[$__interval]'));
      expect(panel.interval, where).toBe(counts ? '1m' : '10s');
    }
  });

  test('use transformations that stay', () => {
    for (const { panel, where } of everyPanel)
      for (const { id } of panel.transformations ?? []) expect(TRANSFORMATIONS, where).toContain(id);
  });

  test('have All in the variables that filter, as a pattern', () => {
    for (const { uid, templating } of dashboards) {
      for (const name of ['service', 'host', 'model', 'gpu']) {
        const variable = templating.list.find((each) => each.name === name);
        expect(variable, `${uid} ${name}`).toMatchObject({ includeAll: true, multi: true });
        // Loki refuses a stream selector in which everything may be empty.
        expect(variable?.allValue, `${uid} ${name}`).toBe(name === 'service' ? '.+' : '.*');
      }
    }
  });
});
