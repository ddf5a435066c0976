// A reading's fields as log attributes. Twice an allow-list: a field needs a mapping in the catalogue's field table, and its
// attribute must be one that the event's row names. Everything else stays on the host. Worked out once per kind.

import type { RunnerGroup } from '../../collectors/ollama/kinds.ts';
import type { RecordReading } from '../../collectors/reading.ts';
import type { AttributeKey } from '../../otel/catalogue/attributes.ts';
import { mappingOf } from '../../otel/catalogue/log-fields.ts';
import { eventNameOf, type LogEventName, logEventRow } from '../../otel/catalogue/logs.ts';
import type { AttributeValue } from '../../otel/signal.ts';

export type Told = { [key: string]: AttributeValue };

/** How one field is written; undefined: it is not. */
type Writer = ((told: Told, value: unknown) => void) | undefined;
type Plan = { readonly eventName: LogEventName | undefined; readonly writers: Map<string, Writer> };

const plans = new Map<string, Plan>();

const planOf = (kind: string): Plan => {
  const known = plans.get(kind);
  if (known !== undefined) return known;
  const plan = { eventName: eventNameOf[kind], writers: new Map<string, Writer>() };
  plans.set(kind, plan);
  return plan;
};

/** The event name of lines of this kind; undefined for kinds that are numbers only. */
export const eventOfKind = (kind: string): LogEventName | undefined => planOf(kind).eventName;

/** UUIDs of whole GPUs and MIG devices. Ollama's ids from 0.30 on are its own ordinals, which name no GPU to anybody else. */
const isGpuUuid = (text: string): boolean => text.startsWith('GPU-') || text.startsWith('MIG-');

const plainWriter =
  (key: AttributeKey, per: number): Writer =>
  (told, value) => {
    if (typeof value === 'number') {
      if (Number.isFinite(value)) told[key] = value / per;
    } else if (typeof value === 'boolean') told[key] = value;
    else if (typeof value === 'string' && (key !== 'hw.id' || isGpuUuid(value))) told[key] = value;
  };

/** `gpus` of runners are ids, of load requests `{ gpu, layers }`. */
const writeGpus: Writer = (told, value) => {
  if (!Array.isArray(value)) return;
  const gpus = value.flatMap((gpu: unknown) => {
    if (typeof gpu === 'string') return [gpu];
    const id = typeof gpu === 'object' && gpu !== null && 'gpu' in gpu ? gpu.gpu : undefined;
    return typeof id === 'string' ? [id] : [];
  });
  if (gpus.length > 0) told['ollama.model.gpus' satisfies AttributeKey] = gpus;
};

const pairsWriter =
  (key: AttributeKey): Writer =>
  (told, value) => {
    if (typeof value !== 'object' || value === null) return;
    const pairs = Object.entries(value).map(([name, said]) => `${name}=${String(said)}`);
    if (pairs.length > 0) told[key] = pairs;
  };

const runnerFields = [
  'model',
  'pid',
  'blob',
  'contextSize',
  'parallel',
  'gpus',
] as const satisfies readonly (keyof RunnerGroup)[];

const runnerWriter =
  (kind: string): Writer =>
  (told, value) => {
    if (typeof value !== 'object' || value === null) return;
    for (const [field, said] of Object.entries(value)) {
      if (runnerFields.some((one) => one === field)) writerOf(kind, field)?.(told, said);
    }
  };

const makeWriter = (kind: string, field: string): Writer => {
  if (field === 'runner') return runnerWriter(kind);
  const { eventName } = planOf(kind);
  const allowed = eventName === undefined ? [] : logEventRow(eventName).attributes;
  const when = (key: AttributeKey, writer: Writer): Writer => (allowed.includes(key) ? writer : undefined);
  if (field === 'gpus') return when('ollama.model.gpus', writeGpus);
  if (field === 'settings') return when('ollama.settings', pairsWriter('ollama.settings'));
  if (field === 'detail') return when('nvidia.xid.detail', pairsWriter('nvidia.xid.detail'));
  const mapping = mappingOf(kind, field);
  if (mapping === undefined) return undefined;
  return typeof mapping === 'string'
    ? when(mapping, plainWriter(mapping, 1))
    : when(mapping.key, plainWriter(mapping.key, mapping.per));
};

const writerOf = (kind: string, field: string): Writer => {
  const { writers } = planOf(kind);
  if (!writers.has(field)) writers.set(field, makeWriter(kind, field));
  return writers.get(field);
};

/** Writes the allowed fields of a reading into `told`. */
export const writeFields = (told: Told, reading: RecordReading): void => {
  if (reading.type === 'line') return;
  const { kind, fields } = reading;
  for (const field in fields) {
    const value: unknown = fields[field as keyof typeof fields];
    if (value !== undefined) writerOf(kind, field)?.(told, value);
  }
  if (kind === 'xid') {
    told['hw.type' satisfies AttributeKey] = 'gpu';
    told['error.type' satisfies AttributeKey] = `xid.${reading.fields.code}`;
  }
};
