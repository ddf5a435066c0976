// The incidents that are remembered, by GPU: which one a record belongs to, when one is told, when it is forgotten.
// Told as settled once its window is closed and the requests it caught have closed too, at the latest after FAULT_MEMORY_SECONDS.

import type { Line } from '../../collectors/line.ts';
import type { Emit } from '../../collectors/reading.ts';
import { identityOf } from '../../otel/ids.ts';
import { addSeconds, type Instant, secondsBetween } from '../../otel/time.ts';
import type { Fact, FactOf, GpuIdentity } from '../fact.ts';
import {
  FAULT_MEMORY_SECONDS,
  FAULTS_MAX,
  FINISHED_MEMORY_MAX,
  INCIDENT_WINDOW_SECONDS,
  REPEAT_SECONDS,
} from '../limits.ts';
import { addRecord, belongs, type FaultRecord, type Incident, isEcho, strikeOf } from './incidents.ts';

export type Filed = {
  readonly incident: Incident;
  /** New, or graver than told: it must be raised now. */
  readonly raise: boolean;
  /** Said before by another line: not counted again. */
  readonly echo: boolean;
};

type Place = { readonly bus: string; readonly isSwitch: boolean; readonly gpu: GpuIdentity };

const settledFact = (incident: Incident, at: Instant): FactOf<'gpu.fault_settled'> => ({
  type: 'gpu.fault_settled',
  at,
  raisedAt: incident.raisedAt,
  incident: incident.id,
  gpu: incident.gpu,
  errorType: incident.root.errorType,
  severity: incident.root.severity,
  action: incident.root.action,
  codes: [...incident.codes],
  records: incident.records,
  ...(incident.atLeast ? { recordsAtLeast: true } : {}),
  ...(incident.crashes === 0 ? {} : { runnersCrashed: incident.crashes }),
  ...(incident.toldHits.size === 0 ? {} : { hitBefore: incident.toldHits.size }),
  hit: [...incident.hits.values()],
});

export const createFaultBook = () => {
  let incidents: Incident[] = [];

  const settle = (incident: Incident, at: Instant, emit: Emit<Fact>): void => {
    emit(settledFact(incident, at));
    for (const trace of incident.hits.keys()) incident.toldHits.add(trace);
    // Sets keep their order: the oldest go, which no request that is still remembered can be.
    for (const trace of incident.toldHits) {
      if (incident.toldHits.size <= FINISHED_MEMORY_MAX) break;
      incident.toldHits.delete(trace);
    }
    incident.hits.clear();
    incident.untold = false;
  };
  /** The newest one wins: an older one of that GPU is further away in every respect. */
  const find = (place: Place, { code, judgement, at }: FaultRecord): Incident | undefined =>
    incidents.findLast((known) => known.place === place.bus && belongs(known, code, judgement, at));

  const open = (place: Place, line: Line, offset: number, record: FaultRecord, heard: Instant): Incident => ({
    id: identityOf('incident', line.source.identity, String(line.position), String(offset), place.bus),
    place: place.bus,
    isSwitch: place.isSwitch,
    gpu: place.gpu,
    raisedAt: record.at,
    root: record.judgement,
    codes: new Set([record.code]),
    records: 1,
    atLeast: false,
    lost: record.lost,
    links: new Set(),
    strikes: [strikeOf(record)],
    firstAt: record.at,
    lastAt: record.at,
    heard,
    outstanding: 0,
    untold: true,
    crashes: 0,
    hits: new Map(),
    toldHits: new Set(),
    over: false,
  });

  /** The oldest goes when FAULTS_MAX is hit; what it has not told yet is told first. */
  const makeRoom = (heard: Instant, emit: Emit<Fact>): void => {
    if (incidents.length < FAULTS_MAX) return;
    const [oldest] = incidents;
    if (oldest?.untold === true) settle(oldest, heard, emit);
    incidents = incidents.slice(1);
  };

  return {
    all: (): readonly Incident[] => incidents,
    file: (
      place: Place,
      reading: { line: Line; offset: number },
      record: FaultRecord,
      heard: Instant,
      emit: Emit<Fact>,
    ): Filed => {
      const known = find(place, record);
      if (known === undefined) {
        makeRoom(heard, emit);
        const incident = open(place, reading.line, reading.offset, record, heard);
        incidents.push(incident);
        return { incident, raise: true, echo: false };
      }
      known.gpu = place.gpu;
      if (isEcho(known, record)) return { incident: known, raise: false, echo: true };
      return { incident: known, raise: addRecord(known, record, heard), echo: false };
    },
    /** The incident that a state change or a crash at `at` belongs to. */
    recent: (bus: string, at: Instant, withinSeconds: number): Incident | undefined =>
      incidents.findLast(
        ({ place, firstAt, lastAt, over }) =>
          place === bus && !over && at >= addSeconds(firstAt, -1) && secondsBetween(lastAt, at) <= withinSeconds,
      ),
    /** After a reset or a driver load, the same code is a new incident. */
    close: (bus: string | undefined): void => {
      for (const incident of incidents) if (bus === undefined || incident.place === bus) incident.over = true;
    },
    tick: (now: Instant, emit: Emit<Fact>): void => {
      for (const incident of incidents) {
        const quiet = secondsBetween(incident.heard, now);
        const isComplete = incident.outstanding <= 0 || quiet >= FAULT_MEMORY_SECONDS;
        const isFull = incident.hits.size >= FINISHED_MEMORY_MAX;
        if (incident.untold && (isFull || (quiet >= INCIDENT_WINDOW_SECONDS && isComplete)))
          settle(incident, now, emit);
      }
      incidents = incidents.filter(({ heard, untold }) => untold || secondsBetween(heard, now) <= REPEAT_SECONDS);
    },
    end: (now: Instant, emit: Emit<Fact>): void => {
      for (const incident of incidents) if (incident.untold) settle(incident, now, emit);
      incidents = [];
    },
  };
};
