// Reads the user's own opinion of Xid codes, from a structure that the shell parsed out of YAML:
//   xids:
//     63: { severity: ERROR, action: RESET_GPU }
// All problems are told at once; a row with a problem is left out as a whole.
import { type Severity, severityNumbers } from '../../otel/signal.ts';
import type { XidOverride, XidOverrides, XidScope } from './xid-catalogue.ts';

const SCOPES: readonly XidScope[] = ['application', 'device', 'system'];
const TEXTS = ['mnemonic', 'description', 'action', 'meaning'] as const;
const KEYS: readonly string[] = [...TEXTS, 'severity', 'scope'];
/** Xid codes are small: the newest known is 176. */
const CODE_MAX = 99_999;
/** These texts become attributes and log bodies. */
const TEXT_MAX = 200;

const isSeverity = (value: unknown): value is Severity =>
  typeof value === 'string' && Object.hasOwn(severityNumbers, value);
const isScope = (value: unknown): value is XidScope => SCOPES.some((scope) => scope === value);
const isMapping = (value: unknown): value is { readonly [key: string]: unknown } =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const told = (value: unknown): string => JSON.stringify(value) ?? String(value);

const readRow = (row: { readonly [key: string]: unknown }, path: string, problems: string[]): XidOverride => {
  const override: { -readonly [K in keyof XidOverride]: XidOverride[K] } = {};
  for (const key of Object.keys(row)) {
    if (!KEYS.includes(key)) problems.push(`${path}.${key}: expected one of ${KEYS.join(', ')}; remove or rename it`);
  }
  for (const key of TEXTS) {
    const value = row[key];
    if (value === undefined) continue;
    if (typeof value === 'string' && value !== '' && value.length <= TEXT_MAX) override[key] = value;
    else
      problems.push(
        `${path}.${key}: expected a text of 1 to ${TEXT_MAX} characters, found ${told(value)}; shorten or quote it`,
      );
  }
  const { severity, scope } = row;
  if (isSeverity(severity)) override.severity = severity;
  else if (severity !== undefined)
    problems.push(
      `${path}.severity: expected one of ${Object.keys(severityNumbers).join(', ')}, found ${told(severity)}; use one of them`,
    );
  if (isScope(scope)) override.scope = scope;
  else if (scope !== undefined)
    problems.push(`${path}.scope: expected one of ${SCOPES.join(', ')}, found ${told(scope)}; use one of them`);
  return override;
};

/** `value`: the parsed document. Empty documents give no entries and no problems. */
export const parseXidOverrides = (
  value: unknown,
): { readonly entries: XidOverrides; readonly problems: readonly string[] } => {
  const entries = new Map<number, XidOverride>();
  const problems: string[] = [];
  if (value === undefined || value === null) return { entries, problems };
  const rows = isMapping(value) ? value['xids'] : undefined;
  if (!isMapping(rows)) {
    problems.push(
      `xids: expected a mapping from Xid code to its row, found ${told(rows)}; write \`xids:\` and below it \`63: { severity: ERROR }\``,
    );
    return { entries, problems };
  }
  for (const [key, row] of Object.entries(rows)) {
    const path = `xids.${key}`;
    const before = problems.length;
    if (!/^\d{1,5}$/.test(key) || Number(key) > CODE_MAX)
      problems.push(
        `${path}: expected an Xid code such as 63, found ${told(key)}; use the number that the kernel prints`,
      );
    else if (!isMapping(row))
      problems.push(
        `${path}: expected a mapping such as { severity: ERROR }, found ${told(row)}; name at least one of ${KEYS.join(', ')}`,
      );
    else {
      const override = readRow(row, path, problems);
      if (problems.length === before) entries.set(Number(key), override);
    }
  }
  return { entries, problems };
};
