// GPU faults and whom they touched. Kernel lines become incidents; closed requests are held for a moment, get the faults that struck
// them and their energy, and leave as finished. A surprising rule: a fault told once stays joinable as long as it is remembered,
// since a request that was in flight may close minutes later.
import type { XidCatalogue } from '../collectors/nvidia/xid-catalogue.ts';
import type { Emit, NvidiaReading } from '../collectors/reading.ts';
import { type Instant, later } from '../otel/time.ts';
import type { Fact, FactOf, FaultHit, FinishedRequest, GpuIdentity, GpuRef } from './fact.ts';
import { type Blast, linkOf } from './faults/blast.ts';
import { createFaultBook, type Filed } from './faults/book.ts';
import { createRunnerPlaces, createUnderWay } from './faults/context.ts';
import { requestEnergy, workOf } from './faults/energy-share.ts';
import { addStrike, type FaultRecord, type Incident } from './faults/incidents.ts';
import { culpritOf, recordOfLoss, recordOfSXid, recordOfXid, XID_RECOVERY_ACTION } from './faults/records.ts';
import { createShelf, type Shelved } from './faults/shelf.ts';
import type { Fold } from './fold.ts';
import type { PowerView } from './gpus/energy.ts';
import type { GpuView } from './gpus/identity.ts';
import { stateOfAction } from './gpus/state.ts';
import { AFTERMATH_SECONDS, CRASH_AFTER_FAULT_SECONDS, INCIDENT_WINDOW_SECONDS } from './limits.ts';

export type FaultsOptions = {
  readonly catalogue: XidCatalogue;
  readonly power: PowerView;
  readonly gpus: GpuView;
};

type NvidiaOf<K extends NvidiaReading['kind']> = Extract<NvidiaReading, { kind: K }>;

const hitOf = (
  incident: Incident,
  { join, at }: { readonly join: FaultHit['join']; readonly at: Instant },
): FaultHit => ({
  incident: incident.id,
  errorType: incident.root.errorType,
  at,
  gpu: incident.gpu,
  severity: incident.root.severity,
  action: incident.root.action,
  join,
});

export const createFaultsFold = ({ catalogue, power, gpus }: FaultsOptions): Fold => {
  const book = createFaultBook();
  const shelf = createShelf();
  const runners = createRunnerPlaces();
  const underWay = createUnderWay();
  const blast: Blast = { gpus, runner: runners.at, isRunnerPid: runners.hasPid };
  let now: Instant | undefined;

  const gpuAt = (bus: string): GpuIdentity => ({ ...gpus.find({ bus })?.identity, bus });

  /** Ollama tells a bus id or a uuid, nvidia-smi's series have the uuid: with both, a request leads to its GPU's series. */
  const namedFully = (ref: GpuRef): GpuRef => {
    const known = ref.uuid === undefined && ref.bus === undefined ? undefined : gpus.find(ref)?.identity;
    if (known === undefined) return ref;
    const { uuid, bus, index } = { ...ref, ...known };
    return {
      ...(uuid === undefined ? {} : { uuid }),
      ...(bus === undefined ? {} : { bus }),
      ...(index === undefined ? {} : { index }),
    };
  };
  type Caught = { readonly fault: FaultHit; readonly isNew: boolean };
  const catchRequest = (incident: Incident, request: FinishedRequest): Caught | undefined => {
    const link = linkOf(incident, request, blast);
    if (link === undefined) return undefined;
    const { ref, model } = request;
    const isTold = incident.toldHits.has(ref.traceId);
    const isNew = !isTold && !incident.hits.has(ref.traceId);
    if (!isTold) {
      incident.hits.set(ref.traceId, { ref, model, join: link.join });
      incident.untold = true;
    }
    return { fault: hitOf(incident, link), isNew };
  };
  /** Requests that closed before the fault's line came: their span is told, the settled incident still lists them. */
  const catchLate = (incident: Incident, heard: Instant, emit: Emit<Fact>): void => {
    for (const request of shelf.late(heard)) {
      const caught = catchRequest(incident, request);
      if (caught?.isNew === true) emit({ type: 'request.fault_hit', at: heard, request, fault: caught.fault });
    }
  };
  const finish = (shelved: Shelved, emit: Emit<Fact>): void => {
    const { request, closedAt, work } = shelved;
    const faults: FaultHit[] = [];
    for (const incident of book.all()) {
      if (request.start.at <= incident.lastAt) incident.outstanding -= 1;
      const caught = catchRequest(incident, request);
      if (caught !== undefined) faults.push(caught.fault);
    }
    const onCpu = request.runner !== undefined && runners.at(request.runner.key)?.onCpu === true;
    const sharing = { others: () => shelf.worksBeside(shelved), changes: underWay.changes() };
    const energyJoules = onCpu ? undefined : requestEnergy(request, work, { power, gpus, sharing });
    const finished = {
      ...request,
      gpus: request.gpus.map(namedFully),
      faults: [...request.faults, ...faults],
      ...(energyJoules === undefined ? {} : { energyJoules }),
    };
    emit({ type: 'request.finished', at: closedAt, request: finished });
    for (const fault of faults) emit({ type: 'request.fault_hit', at: closedAt, request: finished, fault });
  };

  const raise = ({ incident }: Filed, at: Instant, process: string | undefined, emit: Emit<Fact>): void => {
    const { id, gpu, root } = incident;
    const { errorType, severity, action, description } = root;
    const told = { incident: id, gpu, errorType, severity, action, description };
    emit({ type: 'gpu.fault_raised', at, ...told, ...(process === undefined ? {} : { process }) });
  };
  type Told = { readonly reading: NvidiaReading; readonly heard: Instant; readonly process?: string | undefined };
  const file = (
    record: FaultRecord,
    bus: string,
    isSwitch: boolean,
    { reading, heard, process }: Told,
    emit: Emit<Fact>,
  ): Incident => {
    const gpu = gpuAt(bus);
    const filed = book.file({ bus, isSwitch, gpu }, reading, record, heard, emit);
    if (filed.echo) return filed.incident;
    const errorType = isSwitch ? `sxid.${record.code}` : `xid.${record.code}`;
    emit({ type: 'gpu.xid', at: record.at, gpu, code: record.code, errorType });
    filed.incident.outstanding = underWay.count() + shelf.holding();
    if (filed.raise) raise(filed, record.at, process, emit);
    catchLate(filed.incident, heard, emit);
    return filed.incident;
  };
  /** 154 tells what is needed now: part of an incident's record if there is one, never a fault by itself. */
  const onRecoveryAction = ({ at, fields }: NvidiaOf<'xid'>, heard: Instant, emit: Emit<Fact>): void => {
    const gpu = gpuAt(fields.bus);
    const action = fields.detail['to'] ?? 'unknown';
    const incident = book.recent(fields.bus, at, AFTERMATH_SECONDS);
    emit({ type: 'gpu.xid', at, gpu, code: fields.code, errorType: `xid.${fields.code}` });
    emit({ type: 'gpu.state_changed', at, gpu, state: stateOfAction(action), action });
    if (incident !== undefined) {
      incident.codes.add(fields.code);
      incident.records += 1;
      incident.lastAt = later(incident.lastAt, at);
      incident.heard = heard;
      incident.untold = true;
    }
    if (action === 'None') book.close(fields.bus);
  };
  /** One event per switch, code and link: its severity and data lines, and repeats within the window, say it again. */
  const onSXid = (reading: NvidiaOf<'sxid'>, heard: Instant, emit: Emit<Fact>): void => {
    const { bus, code, link } = reading.fields;
    const key = `${code}/${link ?? ''}`;
    if (book.recent(bus, reading.at, INCIDENT_WINDOW_SECONDS)?.links.has(key) === true) return;
    file(recordOfSXid(reading), bus, true, { reading, heard }, emit).links.add(key);
  };
  const onNvidia = (reading: NvidiaReading, heard: Instant, emit: Emit<Fact>): void => {
    switch (reading.kind) {
      case 'xid': {
        if (reading.fields.code === XID_RECOVERY_ACTION) {
          onRecoveryAction(reading, heard, emit);
          return;
        }
        const told = { reading, heard, process: culpritOf(reading.fields) };
        file(recordOfXid(reading, catalogue), reading.fields.bus, false, told, emit);
        return;
      }
      case 'kernel.gpu_lost':
        file(recordOfLoss(reading, catalogue), reading.fields.bus, false, { reading, heard }, emit);
        return;
      case 'sxid':
        onSXid(reading, heard, emit);
        return;
      case 'kernel.gsp_rate_limited': {
        const incident = book.recent(reading.fields.bus, reading.at, AFTERMATH_SECONDS);
        if (incident === undefined) return;
        incident.atLeast = true;
        incident.untold = true;
        return;
      }
      case 'kernel.driver_loaded':
        book.close(undefined);
        return;
    }
  };
  /** A runner that dies soon after a fault on its GPU died of it: requests that began in between are touched too. */
  const onCrash = ({ at, runner }: FactOf<'runner.crashed'>): void => {
    if (runner === undefined) return;
    const place = runners.at(runner.key);
    const buses = new Set(place?.gpus.map((ref) => gpus.find(ref)?.identity.bus ?? ref.bus));
    const only = gpus.only()?.identity.bus;
    if (buses.size === 0 && only !== undefined && place?.onCpu !== true) buses.add(only);
    for (const bus of buses) {
      const incident = bus === undefined ? undefined : book.recent(bus, at, CRASH_AFTER_FAULT_SECONDS);
      if (incident === undefined) continue;
      const shape = { estimated: false, application: false, named: { foreign: false }, instance: false };
      incident.strikes = addStrike(incident.strikes, { from: at, to: at, runnerKey: runner.key, ...shape });
      incident.crashes += 1;
      incident.untold = true;
    }
  };
  const onFact = (fact: Fact): boolean => {
    if (fact.type === 'request.closed') {
      shelf.hold({ request: fact.request, closedAt: fact.at, work: workOf(fact.request, gpus) });
      return true;
    }
    if (fact.type === 'requests.under_way') underWay.add(fact);
    else if (fact.type === 'model.loaded') runners.load(fact);
    else if (fact.type === 'runner.crashed') onCrash(fact);
    else if (fact.type === 'request.abandoned') for (const incident of book.all()) incident.outstanding -= 1;
    return false;
  };
  const onTick = (at: Instant, emit: Emit<Fact>): void => {
    now = at;
    shelf.hear(at);
    for (const shelved of shelf.take(at)) finish(shelved, emit);
    shelf.forget(at);
    book.tick(at, emit);
  };

  return {
    name: 'faults',
    step: (input, emit) => {
      if (input.type === 'tick') onTick(input.at, emit);
      else if (input.type === 'ollama' || input.type === 'nvidia' || input.type === 'api' || input.type === 'line') {
        const heard = input.line.observed ? input.line.arrival : (now ?? input.at);
        shelf.hear(heard);
        if (input.type === 'nvidia') onNvidia(input, heard, emit);
      } else if (input.type !== 'notice') return onFact(input);
      return false;
    },
    end: (emit) => {
      const at = now;
      for (const shelved of shelf.take(undefined)) finish(shelved, emit);
      const last = book.all().at(-1);
      if (last !== undefined) book.end(at ?? last.heard, emit);
    },
  };
};
