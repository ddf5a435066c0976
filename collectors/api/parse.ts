// Reads the JSON lines that the API source tells: `{"kind":"api.resident","models":[…]}`. Total: a line of any other form
// is malformed or unmatched, because recordings are edited and handed on.
import { type Instant, parseRfc3339 } from '../../otel/time.ts';
import type { Line, SourceInfo } from '../line.ts';
import type { ApiFields, Emit, Parser, RecordReading } from '../reading.ts';
import { isFields, listIn, nameIn, sizeIn, versionIn } from './shapes.ts';

const residentModels = (json: unknown): ApiFields['api.resident']['models'] =>
  listIn(json, 'models').flatMap((model) => {
    const name = nameIn(model['name']);
    const sizeBytes = sizeIn(model['sizeBytes']);
    const vramBytes = sizeIn(model['vramBytes']);
    if (name === undefined || sizeBytes === undefined || vramBytes === undefined) return [];
    const contextSize = sizeIn(model['contextSize']);
    const expiry: unknown = model['expiresAt'];
    const expiresAt: Instant | undefined = typeof expiry === 'string' ? parseRfc3339(expiry)?.at : undefined;
    return [
      {
        name,
        sizeBytes,
        vramBytes,
        ...(contextSize === undefined ? {} : { contextSize }),
        ...(expiresAt === undefined ? {} : { expiresAt }),
      },
    ];
  });

const knownModels = (json: unknown): ApiFields['api.models']['models'] =>
  listIn(json, 'models').flatMap((model) => {
    const name = nameIn(model['name']);
    if (name === undefined) return [];
    const blob = nameIn(model['blob']);
    const sizeBytes = sizeIn(model['sizeBytes']);
    const isDigest = blob !== undefined && /^[0-9a-f]{64}$/.test(blob);
    return [{ name, ...(isDigest ? { blob } : {}), ...(sizeBytes === undefined ? {} : { sizeBytes }) }];
  });

const jsonOf = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return undefined; // told as malformed by whoever asked
  }
};

const plural = (count: number, noun: string): string => `${count} ${noun}${count === 1 ? '' : 's'}`;

const readApiLine = (line: Line): RecordReading => {
  const common = {
    at: line.arrival,
    timing: line.observed ? 'observed' : 'estimated',
    severity: 'DEBUG',
    line,
    offset: 0,
  } as const;
  const broken = (name: string): RecordReading => ({
    ...common,
    type: 'line',
    class: 'malformed',
    name,
    body: undefined,
  });
  const json = jsonOf(line.text);
  if (!isFields(json)) return broken('api.not_json');
  switch (json['kind']) {
    case 'api.version': {
      const version = versionIn(json);
      if (version === undefined) return broken('api.version');
      return { ...common, type: 'api', kind: 'api.version', fields: { version }, body: `Ollama ${version}` };
    }
    case 'api.resident': {
      if (!Array.isArray(json['models'])) return broken('api.resident');
      const fields = { models: residentModels(json) };
      return {
        ...common,
        type: 'api',
        kind: 'api.resident',
        fields,
        body: `${plural(fields.models.length, 'model')} resident`,
      };
    }
    case 'api.models': {
      if (!Array.isArray(json['models'])) return broken('api.models');
      const fields = { models: knownModels(json) };
      return {
        ...common,
        type: 'api',
        kind: 'api.models',
        fields,
        body: `${plural(fields.models.length, 'model')} installed`,
      };
    }
    case 'api.unreachable': {
      const reason = nameIn(json['reason']);
      if (reason === undefined || !/^[\w.]{1,64}$/.test(reason)) return broken('api.unreachable');
      return {
        ...common,
        severity: 'WARN',
        type: 'api',
        kind: 'api.unreachable',
        fields: { reason },
        body: `Ollama's API gives no answer: ${reason}`,
      };
    }
    default:
      return { ...common, type: 'line', class: 'unmatched', name: 'raw', body: undefined };
  }
};

/** Stateless: every line is one reading. */
export const createApiParser = (_source: SourceInfo): Parser => {
  const nothing = (): void => undefined;
  return {
    parse: (line: Line, emit: Emit<RecordReading>) => emit(readApiLine(line)),
    notice: nothing,
    tick: nothing,
    end: nothing,
  };
};
