// compose.yaml as compose reads it, as far as the tests ask: services with their anchors merged, variables at their defaults.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { ROOT } from '../support/program.ts';

export const COMPOSE_FILE = join(ROOT, 'compose', 'compose.yaml');

export type Service = {
  readonly image: string;
  readonly profiles?: readonly string[];
  readonly ports?: readonly string[];
  readonly user?: string;
  readonly read_only?: boolean;
  readonly cap_drop?: readonly string[];
  readonly cap_add?: readonly string[];
  readonly security_opt?: readonly string[];
  readonly restart?: string;
  readonly mem_limit?: string;
  readonly pids_limit?: number;
  readonly privileged?: boolean;
  readonly network_mode?: string;
  readonly environment?: Readonly<Record<string, string>>;
  readonly logging?: { readonly options?: Readonly<Record<string, string>> };
  readonly volumes?: readonly (
    | string
    | { readonly type: string; readonly source: string; readonly target: string; readonly read_only?: boolean }
  )[];
  readonly depends_on?: Readonly<Record<string, { readonly condition: string }>>;
  readonly healthcheck?: { readonly test: readonly string[] };
};

export const composeServices = (): Readonly<Record<string, Service>> => {
  const file: { services: Record<string, Service> } = parse(readFileSync(COMPOSE_FILE, 'utf8'), { merge: true });
  return file.services;
};

/** `${NAME:-default}` at its default; nested ones too. */
export const atDefaults = (text: string): string => {
  const once = text.replace(/\$\{\w+(?::-([^${}]*)|:\?[^${}]*)?\}/g, (_all, value: string | undefined) => value ?? '');
  return once === text ? text : atDefaults(once);
};

/** Variables that the file reads, each with its default; undefined where it has none. */
export const composeVariables = (): ReadonlyMap<string, string | undefined> =>
  new Map(
    [...readFileSync(COMPOSE_FILE, 'utf8').matchAll(/\$\{(\w+)(?::-([^}]*))?/g)].map(([, name = '', value]) => [
      name,
      value,
    ]),
  );

/** Images that the servers run as, without the agent's own. */
export const pinnedImages = (): readonly string[] => [
  ...new Set(
    Object.values(composeServices())
      .map(({ image }) => image)
      .filter((image) => !image.startsWith('ollascope:')),
  ),
];
