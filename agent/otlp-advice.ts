// OTLP that cannot be sent, for people: which setting is wrong, and what to do. Standard variables are checked before anything
// is sent; what only sending shows (nothing listens, wrong protocol, TLS) is told with the variable that decides it.
import { accessSync, constants } from 'node:fs';
import type { SignalKind } from '../otel/export/exporter.ts';
import type { Protocols } from '../otel/export/otlp.ts';
import type { Environment } from './settings.ts';

const PREFIX = 'OTEL_EXPORTER_OTLP_';
const SIGNALS: readonly SignalKind[] = ['traces', 'logs', 'metrics'];
const SCOPES = ['', ...SIGNALS.map((signal) => `${signal.toUpperCase()}_`)];
const FILES = ['CERTIFICATE', 'CLIENT_CERTIFICATE', 'CLIENT_KEY'];
const textOf = (env: Environment, name: string): string => (env[name] ?? '').trim();

/** The variable that decides for this signal: its own where it is set, else the common one. */
const variableFor = (env: Environment, signal: SignalKind, what: string): string => {
  const own = `${PREFIX}${signal.toUpperCase()}_${what}`;
  return textOf(env, own) === '' ? `${PREFIX}${what}` : own;
};

const isReadable = (path: string): boolean => {
  try {
    accessSync(path, constants.R_OK);
    return true;
  } catch {
    // Missing, a folder above it missing, or not ours to read: one message serves all three.
    return false;
  }
};

const endpointProblem = (env: Environment, name: string, protocols: Protocols): string | undefined => {
  const endpoint = textOf(env, name);
  if (endpoint === '' || /^https?:\/\/[^/]/i.test(endpoint)) return undefined;
  const isGrpc = SIGNALS.every(
    (signal) => variableFor(env, signal, 'ENDPOINT') !== name || protocols[signal] === 'grpc',
  );
  // By gRPC host:port alone is taken, and another variable says whether with TLS.
  if (isGrpc && SCOPES.some((scope) => textOf(env, `${PREFIX}${scope}INSECURE`) !== '')) return undefined;
  return `${name}: expected an address such as http://127.0.0.1:4317, found ${JSON.stringify(endpoint)}; put http:// (or https:// where it speaks TLS) before it`;
};

/** What can be known without sending: every problem names its variable. */
export const otlpProblems = (env: Environment, protocols: Protocols): readonly string[] => {
  const endpoints = SCOPES.flatMap((scope) => endpointProblem(env, `${PREFIX}${scope}ENDPOINT`, protocols) ?? []);
  const files = SCOPES.flatMap((scope) => FILES.map((file) => `${PREFIX}${scope}${file}`))
    .filter((name) => textOf(env, name) !== '' && !isReadable(textOf(env, name)))
    .map(
      (name) =>
        `${name}: expected a file that can be read, found ${JSON.stringify(textOf(env, name))}; correct the path or its permissions, or unset it`,
    );
  return [...endpoints, ...files];
};

type Advice = { readonly sign: RegExp; readonly what: (variable: (what: string) => string) => string };

/** First sign that fits decides. */
const ADVICE: readonly Advice[] = [
  {
    sign: /ECONNREFUSED/,
    what: (variable) => `nothing listens there: start the receiver, or correct ${variable('ENDPOINT')}`,
  },
  {
    sign: /ENOTFOUND|EAI_AGAIN|Name resolution failed/,
    what: (variable) => `there is no host of that name: correct ${variable('ENDPOINT')}`,
  },
  {
    sign: /wrong version number|EPROTO\b/,
    what: (variable) => `no TLS is spoken there: write http:// in ${variable('ENDPOINT')}`,
  },
  {
    sign: /certificate[ _]required/i,
    what: (variable) =>
      `a certificate of ours is asked for: set ${variable('CLIENT_CERTIFICATE')} and ${variable('CLIENT_KEY')}`,
  },
  {
    sign: /altnames/i,
    what: (variable) => `its certificate is for another name: use that name in ${variable('ENDPOINT')}`,
  },
  {
    sign: /self[- _]signed|unable to (?:get|verify)|UNABLE_TO_|CERT_/i,
    what: (variable) => `its certificate is not trusted: set ${variable('CERTIFICATE')} to a file with the right CA`,
  },
  {
    sign: /Protocol error|HPE_INVALID/,
    what: (variable) =>
      `another protocol is spoken there: gRPC is mostly on port 4317, http/protobuf on 4318; correct ${variable('PROTOCOL')} or ${variable('ENDPOINT')}`,
  },
  {
    sign: /ECONNRESET|socket hang up|Last error: (?:null|Failed to connect)/,
    what: (variable) =>
      `it closes the connection: where it speaks TLS, write https:// in ${variable('ENDPOINT')}; else see whether ${variable('PROTOCOL')} fits`,
  },
  {
    sign: /\((?:404|405|12)\b/,
    what: (variable) => `it does not take this signal there: correct the path in ${variable('ENDPOINT')}`,
  },
  { sign: /\((?:401|403|407|7|16)\b/, what: (variable) => `it does not let us in: correct ${variable('HEADERS')}` },
];

const IS_FAILURE = /^(traces|logs|metrics): (?:not taken for now|\d+ refused for good) \(/;
const isSignal = (text: string | undefined): text is SignalKind => SIGNALS.some((signal) => signal === text);

/** A message of the delivery on one line; a failure with the address it was sent to and what to do. */
export const explainDelivery = (env: Environment, text: string, targetOf: (signal: SignalKind) => string): string => {
  const line = text.replace(/\s*\n\s*/g, ' ').trim();
  const signal = IS_FAILURE.exec(line)?.[1];
  if (!isSignal(signal)) return line;
  const advice = ADVICE.find(({ sign }) => sign.test(line));
  const what = advice?.what((name) => variableFor(env, signal, name)) ?? `see ${variableFor(env, signal, 'ENDPOINT')}`;
  return `${line}. Sent to ${targetOf(signal)}. What to do: ${what}.`;
};
