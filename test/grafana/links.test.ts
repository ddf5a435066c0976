// Links: each leads to a dashboard that is there, sets variables that it has, and keeps what was chosen.
import { describe, expect, test } from 'vitest';
import { logqlProblems } from '../support/logql.ts';
import { dashboards, linksOf } from './checked-in.ts';

const byUid = new Map(dashboards.map((dashboard) => [dashboard.uid, dashboard]));
const links = dashboards.flatMap(linksOf);

describe('links', () => {
  test('lead to dashboards of ours or to Explore', () => {
    expect(links.length).toBeGreaterThan(100);
    for (const { url, where, title } of links) {
      const uid = /^\/d\/([\w-]+)/.exec(url)?.[1];
      if (uid === undefined) expect(url, `${where}: ${title}`).toMatch(/^\/explore\?/);
      else expect(byUid.has(uid), `${where}: ${title} leads to ${uid}`).toBe(true);
    }
  });

  test('set variables that the other dashboard has', () => {
    for (const { url, where, title } of links) {
      const target = byUid.get(/^\/d\/([\w-]+)/.exec(url)?.[1] ?? '');
      const names = target?.templating.list.map(({ name }) => name) ?? [];
      for (const [, name] of url.matchAll(/[?&]var-(\w+)=/g)) expect(names, `${where}: ${title}`).toContain(name);
      if (target !== undefined)
        for (const [, name] of url.matchAll(/\$\{(\w+):queryparam\}/g))
          expect(names, `${where}: ${title}`).toContain(name);
    }
  });

  test('keep the time or set one, and keep the variables', () => {
    for (const dashboard of dashboards) {
      for (const link of dashboard.links) expect(link).toMatchObject({ includeVars: true, keepTime: true });
      for (const { url, where } of linksOf(dashboard).filter((each) => /^\/d\/.*\?/.test(each.url))) {
        expect(url, where).toMatch(/\$\{__url_time_range\}|[?&]time=\$\{__value\.time\}&time\.window=\d+/);
        for (const name of ['service', 'host', 'model', 'gpu']) expect(url, where).toContain(`\${${name}:queryparam}`);
      }
    }
  });

  test('into Explore hold a query that parses, with what Grafana is to fill in left as it is', () => {
    const explored = links.filter(({ url }) => url.startsWith('/explore'));
    expect(explored.length).toBeGreaterThan(5);
    for (const { url, where } of explored) {
      const panes = new URL(url.replaceAll('${', '%24%7B'), 'http://grafana').searchParams.get('panes') ?? '';
      const { a } = JSON.parse(panes) as {
        a: { datasource: string; queries: readonly { expr?: string; query?: string }[]; range: { from: string } };
      };
      const [query] = a.queries;
      expect(a.range.from, where).toBe('${__from}');
      expect(url, where).toContain('${__from}');
      if (a.datasource === 'loki') expect(logqlProblems(query?.expr ?? ''), where).toEqual([]);
      else expect(query?.query, where).toMatch(/^\$\{__(value\.raw|data\.fields\.trace_id)\}$/);
    }
  });

  test('every dashboard leads to every other', () => {
    for (const { uid, links: head } of dashboards)
      expect(head.map(({ url }) => url).sort()).toEqual(
        dashboards
          .filter((other) => other.uid !== uid)
          .map((other) => `/d/${other.uid}`)
          .sort(),
      );
  });
});
