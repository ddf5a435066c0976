// GPU faults and states, and what happened to sources, as log events. A settled fault lists the traces it touched: from
// there a reader goes to every request that was in flight on that GPU.
import type { NoticeKind } from '../../collectors/line.ts';
import type { LogEventName } from '../../otel/catalogue/logs.ts';
import type { Severity } from '../../otel/signal.ts';
import { isoInstant } from '../../otel/time.ts';
import type { FactOf, GpuIdentity } from '../fact.ts';
import { gpuKey } from '../gpus/identity.ts';
import { type Given, joinAttributes, modelLabel } from './attributes.ts';
import { emitEvent } from './logs-events.ts';
import type { EmitSignal } from './points.ts';

/** Trace ids in one record: Loki refuses records with more than 64 KiB beside the line. `nvidia.fault.requests` counts all. */
export const FAULT_TRACE_IDS_MAX = 512;

const identity = (gpu: GpuIdentity): Given => ({
  'hw.id': gpuKey(gpu),
  'hw.type': 'gpu',
  'hw.name': gpu.name,
  'nvidia.gpu.index': gpu.index,
  'nvidia.gpu.bus': gpu.bus,
});

/** `GPU 0 (GPU-5c2f…)`: the index people know beside the name that lasts; a UUID says by itself that it is a GPU. */
const said = ({ index, uuid, bus }: GpuIdentity): string => {
  const name = uuid ?? bus;
  if (index !== undefined) return name === undefined ? `GPU ${index}` : `GPU ${index} (${name})`;
  return uuid ?? `GPU ${bus ?? 'unknown'}`;
};

/** Query rows describe a GPU every few seconds: only those that are told for a newly learnt identity are events. */
export const tellDescribed = ({ at, gpu, cells }: FactOf<'gpu.described'>, emit: EmitSignal): void => {
  if (Object.keys(cells).length > 0) return;
  const body = `${said(gpu)}${gpu.bus === undefined ? '' : ` is at ${gpu.bus}`}`;
  emitEvent(
    'nvidia.gpu.described',
    { at, body, attributes: { ...identity(gpu), 'hw.vendor': 'NVIDIA', 'hw.driver_version': gpu.driver } },
    emit,
  );
};

/** A GPU that goes on under its uuid is no event. */
export const tellStale = ({ at, gpu, reason }: FactOf<'gpu.stale'>, emit: EmitSignal): void => {
  if (reason === 'renamed') return;
  const attributes = { ...identity(gpu), 'ollascope.reason': reason };
  emitEvent('nvidia.gpu.stale', { at, body: `${said(gpu)} is not heard of any more (${reason})`, attributes }, emit);
};

export const tellFaultRaised = (fact: FactOf<'gpu.fault_raised'>, emit: EmitSignal): void =>
  emitEvent(
    'nvidia.gpu.fault',
    {
      at: fact.at,
      severity: fact.severity,
      body: `${fact.errorType} on ${said(fact.gpu)}: ${fact.description} (${fact.action})`,
      attributes: {
        ...identity(fact.gpu),
        'error.type': fact.errorType,
        'nvidia.fault.incident': fact.incident,
        'nvidia.fault.severity': fact.severity,
        'nvidia.fault.action': fact.action,
        'nvidia.fault.description': fact.description,
        'nvidia.xid.process': fact.process,
      },
    },
    emit,
  );

/** One record for each request and fault, with the request's own trace: what a page or a search starts from. */
export const tellFaultHit = ({ at, request, fault }: FactOf<'request.fault_hit'>, emit: EmitSignal): void => {
  const model = modelLabel(request.model);
  const what = [request.operation ?? request.route, ...(model === undefined ? [] : [model])].join(' ');
  emitEvent(
    'ollama.request.fault_hit',
    {
      at,
      severity: fault.severity,
      body: `${what} was hit by ${fault.errorType} on ${said(fault.gpu)}`,
      ref: request.ref,
      attributes: {
        'gen_ai.operation.name': request.operation,
        'gen_ai.request.model': model,
        'ollama.request.outcome': request.outcome,
        'hw.id': gpuKey(fault.gpu),
        'nvidia.gpu.index': fault.gpu.index,
        'nvidia.gpu.bus': fault.gpu.bus,
        'error.type': fault.errorType,
        'nvidia.fault.incident': fault.incident,
        'nvidia.fault.severity': fault.severity,
        'nvidia.fault.action': fault.action,
        ...joinAttributes(fault.join),
      },
    },
    emit,
  );
};

const plural = (count: number, noun: string): string => `${count} ${noun}${count === 1 ? '' : 's'}`;

export const tellFaultSettled = (fact: FactOf<'gpu.fault_settled'>, emit: EmitSignal): void => {
  const { hit, codes, records, recordsAtLeast, runnersCrashed = 0, hitBefore = 0 } = fact;
  const touched = [
    `${recordsAtLeast === true ? 'at least ' : ''}${plural(records, 'line')}`,
    // Lines are counted in all, requests since the last telling: 0 alone would deny those.
    ...(hitBefore === 0
      ? [`${plural(hit.length, 'request')} hit`]
      : [`${plural(hitBefore, 'request')} hit before, ${hit.length} more`]),
    ...(runnersCrashed === 0 ? [] : [`${plural(runnersCrashed, 'runner')} died`]),
  ];
  const models = [...new Set(hit.flatMap(({ model }) => modelLabel(model) ?? []))].sort();
  const traceIds = hit.slice(0, FAULT_TRACE_IDS_MAX).map(({ ref }) => ref.traceId);
  emitEvent(
    'nvidia.gpu.fault.settled',
    {
      at: fact.at,
      severity: fact.severity,
      body: `${fact.errorType} on ${said(fact.gpu)} settled: ${touched.join(', ')}`,
      attributes: {
        ...identity(fact.gpu),
        'error.type': fact.errorType,
        'nvidia.fault.incident': fact.incident,
        'nvidia.fault.severity': fact.severity,
        'nvidia.fault.action': fact.action,
        'nvidia.fault.codes': codes,
        'nvidia.fault.records': records,
        'nvidia.fault.runners_crashed': runnersCrashed === 0 ? undefined : runnersCrashed,
        'nvidia.fault.raised_at': isoInstant(fact.raisedAt, 9),
        'nvidia.fault.requests': hit.length,
        'nvidia.fault.trace_ids': traceIds.length === 0 ? undefined : traceIds,
        'nvidia.fault.models': models.length === 0 ? undefined : models,
      },
    },
    emit,
  );
};

const stateSeverity: { readonly [S in FactOf<'gpu.state_changed'>['state']]: Severity } = {
  ok: 'INFO',
  degraded: 'WARN',
  predicted_failure: 'WARN',
  failed: 'ERROR',
};

export const tellStateChanged = ({ at, gpu, state, action }: FactOf<'gpu.state_changed'>, emit: EmitSignal): void => {
  const body = `${said(gpu)} is now ${state.replaceAll('_', ' ')} (${action})`;
  const attributes = { ...identity(gpu), 'hw.state': state, 'nvidia.fault.action': action };
  emitEvent('nvidia.gpu.state_changed', { at, severity: stateSeverity[state], body, attributes }, emit);
};

const sourceEvents: { readonly [K in NoticeKind]: LogEventName } = {
  opened: 'ollascope.source.opened',
  rotated: 'ollascope.source.rotated',
  truncated: 'ollascope.source.truncated',
  deleted: 'ollascope.source.deleted',
  gap: 'ollascope.source.gap',
  stalled: 'ollascope.source.stalled',
  recovered: 'ollascope.source.recovered',
  exited: 'ollascope.source.exited',
  restarted: 'ollascope.source.restarted',
  unavailable: 'ollascope.source.unavailable',
  clock_step: 'ollascope.source.clock_step',
  ended: 'ollascope.source.ended',
};

export const tellSourceChanged = ({ at, notice }: FactOf<'source.changed'>, emit: EmitSignal): void =>
  emitEvent(
    sourceEvents[notice.kind],
    {
      at,
      body: `${notice.source.name} ${notice.kind.replaceAll('_', ' ')}${notice.detail === '' ? '' : `: ${notice.detail}`}`,
      attributes: {
        'ollascope.source': notice.source.name,
        'ollascope.source.event': notice.kind,
        'ollascope.source.detail': notice.detail === '' ? undefined : notice.detail,
        'ollascope.source.amount': notice.amount,
      },
    },
    emit,
  );
