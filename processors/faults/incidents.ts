// Many kernel lines, one incident: records of one GPU are grouped by event time, by what follows from what, and by need of a reset.
// A surprising rule: a record minutes later can still belong, since a GPU that needs a reset repeats itself until it gets one.

import type { SpanRef } from '../../otel/ids.ts';
import { addSeconds, earlier, type Instant, later, secondsBetween } from '../../otel/time.ts';
import type { FaultHit, GpuIdentity, Join, ModelRef } from '../fact.ts';
import { AFTERMATH_SECONDS, CODES_MAX, INCIDENT_WINDOW_SECONDS, REPEAT_SECONDS, STRIKES_MAX } from '../limits.ts';

export type FaultSeverity = FaultHit['severity'];

/** What a record is judged to be; its severity decides which record of an incident is the root. */
export type Judgement = {
  readonly errorType: string;
  readonly severity: FaultSeverity;
  readonly action: string;
  readonly description: string;
  /** One program's fault: it says nothing of the other programs on that GPU. */
  readonly application: boolean;
};

/** Whom the record names: the runner's pid, or some other program. */
export type Named = { readonly pid?: number; readonly foreign: boolean };

/** One line that is evidence of a fault. */
export type FaultRecord = {
  readonly at: Instant;
  /** Uncertain to about a second when the line carried no time of its own. */
  readonly estimated: boolean;
  readonly code: number;
  readonly judgement: Judgement;
  readonly named: Named;
  readonly instance: boolean;
  /** 45 `caused by previous Xid N`, or 45 and 43 without a cause: the consequence of another record. */
  readonly child: boolean;
  /** `fallen off the bus`, as Xid 79 or as the line after it or in its stead: counted once per incident. */
  readonly lost?: 'xid' | 'line';
};

/** A stretch of time in which an incident struck; records nearer than a second that name the same are one. */
export type Strike = {
  readonly from: Instant;
  readonly to: Instant;
  readonly estimated: boolean;
  readonly application: boolean;
  readonly named: Named;
  readonly instance: boolean;
  /** A runner that died of it: only its requests were struck by that. */
  readonly runnerKey?: string;
};

export type Hit = { readonly ref: SpanRef; readonly model: ModelRef; readonly join: Join };

export type Incident = {
  readonly id: string;
  /** Bus id of the GPU or the switch: what records are grouped by. */
  readonly place: string;
  readonly isSwitch: boolean;
  gpu: GpuIdentity;
  readonly raisedAt: Instant;
  root: Judgement;
  readonly codes: Set<number>;
  records: number;
  atLeast: boolean;
  /** Its loss was told: by Xid 79, or by the `fallen off the bus` line that has no Xid. */
  lost: 'xid' | 'line' | undefined;
  /** Code and link of the SXids that were counted. */
  readonly links: Set<string>;
  strikes: Strike[];
  firstAt: Instant;
  lastAt: Instant;
  /** The agent's own time of the last record: windows close on that clock. */
  heard: Instant;
  /** Requests under way at the last record that have not closed yet. */
  outstanding: number;
  /** Something happened since it was told. */
  untold: boolean;
  crashes: number;
  /** Found and not told yet, by trace. */
  readonly hits: Map<string, Hit>;
  readonly toldHits: Set<string>;
  /** The GPU was reset, or says that it needs nothing: what comes later is another incident. */
  over: boolean;
};

const RANK: { readonly [S in FaultSeverity]: number } = { INFO: 0, WARN: 1, ERROR: 2, FATAL: 3 };
export const isGraver = (a: FaultSeverity, b: FaultSeverity): boolean => RANK[a] > RANK[b];

/** Errors of the device last until somebody resets it; those of a program end with the program. */
const needsReset = ({ severity, application }: Judgement): boolean => RANK[severity] >= RANK.ERROR && !application;

/** Xid 45 and 43 are removals after a fault, 154 says what is needed now: never the first thing that went wrong. */
const FOLLOWERS: ReadonlySet<number> = new Set([43, 45, 154]);
export const isFollower = (code: number): boolean => FOLLOWERS.has(code);

/**
 * Does a record belong to an incident of its GPU? Always within the window. Later, up to AFTERMATH_SECONDS: what follows by its
 * nature, what is graver than the root (a page fault that ends in a halt), and anything on a GPU that needs a reset. Later still,
 * up to REPEAT_SECONDS: the same code from a GPU that needs a reset (GSP time-outs).
 */
export const belongs = (incident: Incident, code: number, judgement: Judgement, at: Instant): boolean => {
  const distance =
    at > incident.lastAt ? secondsBetween(incident.lastAt, at) : Math.max(0, secondsBetween(at, incident.firstAt));
  if (incident.over) return false;
  if (distance <= INCIDENT_WINDOW_SECONDS) return true;
  const broken = needsReset(incident.root);
  if (distance <= AFTERMATH_SECONDS) {
    return (
      broken || isFollower(code) || (needsReset(judgement) && isGraver(judgement.severity, incident.root.severity))
    );
  }
  return distance <= REPEAT_SECONDS && broken && incident.codes.has(code);
};

const sameKind = (a: Strike, b: Strike): boolean =>
  a.application === b.application &&
  a.instance === b.instance &&
  a.named.pid === b.named.pid &&
  a.named.foreign === b.named.foreign &&
  a.runnerKey === b.runnerKey;

const merged = (a: Strike, b: Strike): Strike => ({
  ...a,
  from: earlier(a.from, b.from),
  to: later(a.to, b.to),
  estimated: a.estimated || b.estimated,
});

/** Adds a strike; nearer than a second to one of its kind it only widens that one, and so does whatever exceeds STRIKES_MAX. */
export const addStrike = (strikes: readonly Strike[], strike: Strike): Strike[] => {
  const near = strikes.findIndex(
    (known) =>
      sameKind(known, strike) && strike.from <= addSeconds(known.to, 1) && addSeconds(strike.to, 1) >= known.from,
  );
  const target =
    near === -1 && strikes.length >= STRIKES_MAX ? strikes.findIndex((known) => sameKind(known, strike)) : near;
  if (target !== -1) return strikes.map((known, index) => (index === target ? merged(known, strike) : known));
  return [...strikes, strike].slice(-STRIKES_MAX);
};

export const strikeOf = ({ at, estimated, judgement, named, instance }: FaultRecord): Strike => ({
  from: at,
  to: at,
  estimated,
  application: judgement.application,
  named,
  instance,
});

/** The companion of an Xid 79, or an Xid 79 after a loss that was told without one: the same event once more. */
export const isEcho = (incident: Incident, { lost }: FaultRecord): boolean =>
  lost !== undefined && incident.lost !== undefined && (lost === 'line' || incident.lost === 'line');

/** `codes` in the order they came; the root is the first of the gravest records. Returns true when the incident got graver. */
export const addRecord = (incident: Incident, record: FaultRecord, heard: Instant): boolean => {
  incident.records += 1;
  if (incident.codes.size < CODES_MAX) incident.codes.add(record.code);
  incident.firstAt = earlier(incident.firstAt, record.at);
  incident.lastAt = later(incident.lastAt, record.at);
  incident.heard = heard;
  incident.lost ??= record.lost;
  incident.untold = true;
  incident.strikes = addStrike(incident.strikes, strikeOf(record));
  if (record.child || !isGraver(record.judgement.severity, incident.root.severity)) return false;
  incident.root = record.judgement;
  return true;
};
