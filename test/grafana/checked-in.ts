// The dashboards as they lie in the repository, and everything in them that asks a server something.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

export const DASHBOARDS = join(import.meta.dirname, '..', '..', 'grafana', 'dashboards');

export type Source = { readonly type: string; readonly uid: string };
export type Target = {
  readonly refId: string;
  readonly datasource: Source;
  readonly expr?: string;
  readonly instant?: boolean;
  readonly exemplar?: boolean;
  readonly format?: string;
  readonly queryType?: string;
  readonly maxLines?: number;
  /** Jaeger: one trace. */
  readonly query?: string;
  readonly service?: string;
  readonly operation?: string;
  readonly tags?: string;
  readonly minDuration?: string;
  readonly limit?: number;
};
export type Link = { readonly title: string; readonly url: string };
export type Panel = {
  readonly id: number;
  readonly type: string;
  readonly title: string;
  readonly description?: string;
  readonly interval?: string;
  readonly datasource?: Source;
  readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number };
  readonly targets?: readonly Target[];
  readonly transformations?: readonly {
    readonly id: string;
    readonly options: { readonly include?: { readonly names: readonly string[] } };
  }[];
  readonly fieldConfig?: {
    readonly defaults: { readonly unit?: string; readonly noValue?: string; readonly links?: readonly Link[] };
    readonly overrides: readonly {
      readonly properties: readonly { readonly id: string; readonly value: unknown }[];
    }[];
  };
};
export type Variable = {
  readonly name: string;
  readonly type: string;
  readonly datasource?: Source;
  readonly query?: string | { readonly query: string };
  readonly includeAll?: boolean;
  readonly multi?: boolean;
  readonly allValue?: string;
};
export type Annotation = { readonly name: string; readonly datasource: Source; readonly target: Target };
export type Dashboard = {
  readonly file: string;
  readonly uid: string;
  readonly title: string;
  readonly schemaVersion: number;
  readonly panels: readonly Panel[];
  readonly links: readonly (Link & { readonly includeVars: boolean; readonly keepTime: boolean })[];
  readonly templating: { readonly list: readonly Variable[] };
  readonly annotations: { readonly list?: readonly Annotation[] };
};

export const dashboardPaths = (): readonly string[] =>
  readdirSync(DASHBOARDS, { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.json'))
    .sort();

export const dashboards: readonly Dashboard[] = dashboardPaths().map((file) => ({
  ...(JSON.parse(readFileSync(join(DASHBOARDS, file), 'utf8')) as Omit<Dashboard, 'file'>),
  file,
}));

/** Rows are headings; everything else shows something. */
export const panelsOf = (dashboard: Dashboard): readonly Panel[] =>
  dashboard.panels.filter(({ type }) => type !== 'row');

export type Asked = {
  /** `ollascope-gpu / Temperature of the die / A`: where it stands. */
  readonly where: string;
  readonly dashboard: Dashboard;
  readonly kind: 'panel' | 'annotation' | 'variable';
  readonly target: Target;
  readonly panel?: Panel;
};

/** `label_values(selector, label)` → both. */
export const labelValues = (variable: Variable): { readonly selector: string; readonly label: string } | undefined => {
  const text = typeof variable.query === 'object' ? variable.query.query : (variable.query ?? '');
  const [, selector, label] = /^label_values\((.+), (\w+)\)$/.exec(text) ?? [];
  return selector === undefined || label === undefined ? undefined : { selector, label };
};

const askedBy = (dashboard: Dashboard): readonly Asked[] => [
  ...panelsOf(dashboard).flatMap((panel) =>
    (panel.targets ?? []).map((target) => ({
      where: `${dashboard.uid} / ${panel.title} / ${target.refId}`,
      dashboard,
      kind: 'panel' as const,
      target,
      panel,
    })),
  ),
  ...(dashboard.annotations.list ?? []).map(({ name, target }) => ({
    where: `${dashboard.uid} / annotation ${name}`,
    dashboard,
    kind: 'annotation' as const,
    target,
  })),
  ...dashboard.templating.list.flatMap((variable) => {
    const values = labelValues(variable);
    if (values === undefined || variable.datasource === undefined) return [];
    const target = { refId: variable.name, datasource: variable.datasource, expr: values.selector };
    return [{ where: `${dashboard.uid} / variable ${variable.name}`, dashboard, kind: 'variable' as const, target }];
  }),
];

export const asked: readonly Asked[] = dashboards.flatMap(askedBy);

export const askedOf = (type: 'prometheus' | 'loki' | 'jaeger'): readonly Asked[] =>
  asked.filter(({ target }) => target.datasource.type === type);

/** Links of fields, of single columns, and of the dashboard's head. */
export const linksOf = (dashboard: Dashboard): readonly (Link & { readonly where: string })[] => [
  ...dashboard.links.map((link) => ({ ...link, where: `${dashboard.uid} head` })),
  ...panelsOf(dashboard).flatMap((panel) => {
    const columns = (panel.fieldConfig?.overrides ?? []).flatMap(({ properties }) =>
      properties.filter(({ id }) => id === 'links').flatMap(({ value }) => value as readonly Link[]),
    );
    return [...(panel.fieldConfig?.defaults.links ?? []), ...columns].map((link) => ({
      ...link,
      where: `${dashboard.uid} / ${panel.title}`,
    }));
  }),
];

const BUILT_IN = /^(__\w+)$/;

/** Names of the dashboard's own variables that a text uses. */
export const variablesIn = (text: string): readonly string[] =>
  [...text.matchAll(/\$\{(\w+)(?::\w+)?\}|\$([a-z_]\w*)/g)]
    .map(([, braced, bare]) => braced ?? bare ?? '')
    .filter((name) => !BUILT_IN.test(name));
