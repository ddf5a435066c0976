// From a kernel reading to a fault record: judged by the catalogue, with what the line says of its cause and of whom it names.
// Xid 119 and 120 name whoever was waiting (often a poller of GPUs): the observer, never the cause.

import type { NvidiaFields } from '../../collectors/nvidia/kinds.ts';
import type { XidCatalogue, XidEntry } from '../../collectors/nvidia/xid-catalogue.ts';
import type { NvidiaReading } from '../../collectors/reading.ts';
import type { FaultRecord, FaultSeverity, Judgement, Named } from './incidents.ts';

type NvidiaOf<K extends NvidiaReading['kind']> = Extract<NvidiaReading, { kind: K }>;

export const XID_LOST = 79;
export const XID_RECOVERY_ACTION = 154;
const PREEMPTIVE_REMOVAL = 45;
const OBSERVED: ReadonlySet<number> = new Set([119, 120]);

/** comm is cut at 15 characters: `ollama`, `ollama_llama_se`, `llama-server`, `ollama-runner`. */
const RUNNER_COMM = /^(?:ollama|llama-server|llama_server)/;

const SEVERITIES: { readonly [severity: string]: FaultSeverity } = {
  TRACE: 'INFO',
  DEBUG: 'INFO',
  INFO: 'INFO',
  WARN: 'WARN',
  ERROR: 'ERROR',
  FATAL: 'FATAL',
};

const judgementOf = (entry: XidEntry): Judgement => ({
  errorType: `xid.${entry.code}`,
  severity: SEVERITIES[entry.severity] ?? 'WARN',
  action: entry.action,
  description: entry.description,
  application: entry.scope === 'application',
});

const namedOf = ({ code, pid, process }: NvidiaFields['xid']): Named => {
  if (OBSERVED.has(code)) return { foreign: false };
  return { ...(pid === undefined ? {} : { pid }), foreign: process !== undefined && !RUNNER_COMM.test(process) };
};

/** The observer is told in words, so that nobody takes it for the process at fault. */
const withObserver = (judgement: Judgement, { code, process }: NvidiaFields['xid']): Judgement =>
  OBSERVED.has(code) && process !== undefined
    ? { ...judgement, description: `${judgement.description} (noticed by ${process}, which only waited)` }
    : judgement;

/** `process` of a raised fault: whose channel it was. */
export const culpritOf = ({ code, process }: NvidiaFields['xid']): string | undefined =>
  OBSERVED.has(code) ? undefined : process;

export const recordOfXid = ({ at, timing, fields }: NvidiaOf<'xid'>, catalogue: XidCatalogue): FaultRecord => {
  // `caused by previous Xid 149`: the cause may lie before the log, its row of the catalogue says what it was.
  const code = fields.causedBy ?? fields.code;
  return {
    at,
    estimated: timing === 'estimated',
    code: fields.code,
    judgement: withObserver(judgementOf(catalogue(code)), fields),
    named: namedOf(fields),
    instance: fields.gpuInstance !== undefined,
    child: fields.causedBy !== undefined || fields.code === PREEMPTIVE_REMOVAL,
    ...(fields.code === XID_LOST ? { lost: 'xid' } : {}),
  };
};

/** `GPU has fallen off the bus`, or the probe's three lines: what Xid 79 says, without an Xid. */
export const recordOfLoss = ({ at, timing }: NvidiaOf<'kernel.gpu_lost'>, catalogue: XidCatalogue): FaultRecord => ({
  at,
  estimated: timing === 'estimated',
  code: XID_LOST,
  judgement: judgementOf(catalogue(XID_LOST)),
  named: { foreign: false },
  instance: false,
  child: false,
  lost: 'line',
});

/** `SXid (PCI:0000:06:00.0): 20034, Fatal, Link 48 LTSSM Fault Up`: the line itself says how bad it is. */
export const recordOfSXid = ({ at, timing, fields }: NvidiaOf<'sxid'>): FaultRecord => {
  const fatal = fields.severity.toLowerCase() === 'fatal';
  const link = fields.link === undefined ? '' : `, link ${fields.link}`;
  return {
    at,
    estimated: timing === 'estimated',
    code: fields.code,
    judgement: {
      errorType: `sxid.${fields.code}`,
      severity: fatal ? 'ERROR' : 'WARN',
      action: fatal ? 'WORKFLOW_NVLINK_ERR' : 'IGNORE',
      description: `NVSwitch ${fatal ? 'fatal' : 'non-fatal'} error on ${fields.switch}${link}`,
      application: false,
    },
    named: { foreign: false },
    instance: false,
    child: false,
  };
};
