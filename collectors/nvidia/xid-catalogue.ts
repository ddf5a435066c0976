// What an Xid code means and how bad it is. Severity and scope follow from NVIDIA's immediate action; makers, clouds and
// monitors disagree about many codes, so every row can be overridden by the user.
import type { Severity } from '../../otel/signal.ts';
import { XID_TABLE, type XidRow } from './xid-table.ts';

/** Whom a fault hits: the program that made it, the GPU, or the machine. */
export type XidScope = 'application' | 'device' | 'system';

export type XidEntry = {
  readonly code: number;
  readonly mnemonic: string;
  readonly description: string;
  /** NVIDIA's immediate action (`RESTART_APP`, `RESET_GPU`, …), `NONE`, or `UNKNOWN` for a code that is not listed. */
  readonly action: string;
  readonly severity: Severity;
  readonly scope: XidScope;
  readonly meaning: string;
};
export type XidOverride = Partial<Omit<XidEntry, 'code'>>;
export type XidOverrides = ReadonlyMap<number, XidOverride>;
/** The catalogue as folds take it. */
export type XidCatalogue = (code: number) => XidEntry;

/** Ends with everything in the catalogue; WORKFLOW_* are errors too. */
const SEVERITY_OF_ACTION: { readonly [action: string]: Severity } = {
  RESTART_BM: 'ERROR',
  RESET_GPU: 'ERROR',
  RESTART_VM: 'ERROR',
  CONTACT_SUPPORT: 'ERROR',
  RESTART_APP: 'WARN',
  CHECK_UVM: 'WARN',
  UPDATE_SWFW: 'WARN',
  IGNORE: 'INFO',
};
const SCOPE_OF_ACTION: { readonly [action: string]: XidScope } = {
  RESTART_APP: 'application',
  RESTART_BM: 'system',
  RESTART_VM: 'system',
  UPDATE_SWFW: 'system',
};
/** Consequences of one program's fault whatever the action says (device plugins ignore them for that reason). */
const APPLICATION_CODES: ReadonlySet<number> = new Set([43, 45]);

const severityOf = (row: XidRow): Severity =>
  row.level ?? SEVERITY_OF_ACTION[row.action] ?? (row.action.startsWith('WORKFLOW_') ? 'ERROR' : 'WARN');
const scopeOf = (row: XidRow): XidScope =>
  APPLICATION_CODES.has(row.code) ? 'application' : (SCOPE_OF_ACTION[row.action] ?? 'device');

const entryOf = (row: XidRow): XidEntry => ({
  code: row.code,
  mnemonic: row.mnemonic,
  description: row.description,
  action: row.action,
  severity: severityOf(row),
  scope: scopeOf(row),
  meaning: row.meaning,
});

/** Every known code, ascending. */
export const XID_ENTRIES: readonly XidEntry[] = XID_TABLE.map(entryOf);
const BY_CODE: ReadonlyMap<number, XidEntry> = new Map(XID_ENTRIES.map((entry) => [entry.code, entry]));

const unknownEntry = (code: number): XidEntry => ({
  code,
  mnemonic: 'UNKNOWN',
  description: 'Not in the catalogue',
  action: 'UNKNOWN',
  severity: 'WARN',
  scope: 'device',
  meaning: 'a code newer than this catalogue, or one that NVIDIA does not document',
});

/** The row of a code, never undefined: an unlisted code warns. */
export const xidEntry = (code: number, overrides?: XidOverrides): XidEntry => {
  const entry = BY_CODE.get(code) ?? unknownEntry(code);
  const override = overrides?.get(code);
  return override === undefined ? entry : { ...entry, ...override, code };
};

/** `error.type` of a code: `xid.79`. */
export const errorTypeOfXid = (code: number): string => `xid.${code}`;

const NO_RECOVERY = 'None';
/** Needed actions (Xid 154) that leave the GPU usable for now. */
const MILD_RECOVERY: ReadonlySet<string> = new Set(['Drain P2P', 'Recover IMEX Domain']);
/** Severity of an Xid 154, by the action it changes to: a change to `None` is good news. */
export const severityOfRecovery = (newAction: string): Severity =>
  newAction === NO_RECOVERY ? 'INFO' : MILD_RECOVERY.has(newAction) ? 'WARN' : 'ERROR';
