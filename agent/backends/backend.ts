// One question to a backend by HTTP (Loki, Jaeger): an answer, or a message that says what was expected, what was found and
// which setting to change. Credentials of an address go into a header and into no message.
import { Agent, request } from 'undici';
import type { ExitCode } from '../command.ts';

export type BackendName = 'Loki' | 'Jaeger';

export type Backend = {
  readonly name: BackendName;
  /** Without credentials, without a last slash: what may be shown. */
  readonly address: string;
  readonly headers: { readonly [name: string]: string };
};

export type Problem = { readonly problem: string; readonly exit: ExitCode };

export type Reply =
  | { readonly json: unknown }
  /** The server understood, and knows nothing of the kind. */
  | { readonly none: true }
  /** It does not have this path: another release, or another server. */
  | { readonly absent: Problem }
  | Problem;

/** How people set it. */
const settingOf: { readonly [N in BackendName]: string } = {
  Loki: '--loki-url (OLLASCOPE_LOKI_URL)',
  Jaeger: '--jaeger-url (OLLASCOPE_JAEGER_URL)',
};
const headersOf: { readonly [N in BackendName]: string } = {
  Loki: '--loki-headers (OLLASCOPE_LOKI_HEADERS)',
  Jaeger: '--jaeger-headers (OLLASCOPE_JAEGER_HEADERS)',
};

const CONNECT_MS = 5_000;
/** A query over a week may take Loki half a minute on a small disk. */
const ANSWER_MS = 60_000;
/** Five thousand records with their metadata, or a thousand traces. */
const ANSWER_BYTES_MAX = 67_108_864;
/** Of a message that is not ours. */
const MESSAGE_MAX = 300;

/** `X-Scope-OrgID=team,X-Other=1`, percent-encoded as OTEL_EXPORTER_OTLP_HEADERS is. */
const headersIn = (text: string): { readonly [name: string]: string } | undefined => {
  const pairs = text.split(',').filter((part) => part.trim() !== '');
  const entries = pairs.map((pair) => /^\s*([\w-]+)\s*=(.*)$/.exec(pair));
  if (entries.some((match) => match === null)) return undefined;
  try {
    return Object.fromEntries(
      entries.map((m) => [(m?.[1] ?? '').toLowerCase(), decodeURIComponent(m?.[2]?.trim() ?? '')]),
    );
  } catch {
    // A lone % that encodes nothing.
    return undefined;
  }
};

export const openBackend = (name: BackendName, url: string, headers: string): Backend | Problem => {
  const own = headers === 'none' ? {} : headersIn(headers);
  if (own === undefined)
    return {
      problem: `${headersOf[name]}: expected name=value pairs with commas between them, found something else. What to do: for example X-Scope-OrgID=team.`,
      exit: 2,
    };
  const parsed = URL.parse(url);
  if (parsed === null || !/^https?:$/.test(parsed.protocol))
    return {
      problem: `${settingOf[name]}: expected an address such as http://127.0.0.1:3100, found something else. What to do: begin it with http:// or https://.`,
      exit: 2,
    };
  const credentials = `${decodeURIComponent(parsed.username)}:${decodeURIComponent(parsed.password)}`;
  const authorization =
    credentials === ':' ? {} : { authorization: `Basic ${Buffer.from(credentials).toString('base64')}` };
  const address = `${parsed.protocol}//${parsed.host}${parsed.pathname.replace(/\/+$/, '')}`;
  return { name, address, headers: { accept: 'application/json', ...authorization, ...own } };
};

const codeOf = (error: unknown): string => {
  const found = error instanceof Error && 'code' in error ? String(error.code) : '';
  return found !== '' || !(error instanceof Error) || error.cause === undefined ? found : codeOf(error.cause);
};

/** By the code of the error: what was found, what to do. The last one takes the rest. */
const failures: readonly (readonly [code: RegExp, found: string, todo: string])[] = [
  [/^ECONNREFUSED$/, 'nothing listening there', 'start it'],
  [/^(ENOTFOUND|EAI_AGAIN)$/, 'no host of that name', 'check the name'],
  [/TIMEOUT|TIMEDOUT/, 'no answer in time', 'check the address, ask for less time with --since'],
  [
    /SSL|CERT|TLS|ALTNAME|EPROTO/,
    'a TLS that does not fit',
    'check http:// and https://, trust its certificate by NODE_EXTRA_CA_CERTS',
  ],
  [/^(UND_ERR_SOCKET|ECONNRESET|HPE_.*)$/, 'something that speaks no HTTP', 'check the port, http:// and https://'],
  [/RES_EXCEEDED/, 'an answer that is too large', 'ask for less with --since or --limit'],
  [/(?:)/, 'an error', 'check the address'],
];

const unreachable = ({ name, address }: Backend, error: unknown): Problem => {
  const code = codeOf(error);
  const [, found, todo] = failures.find(([pattern]) => pattern.test(code)) ?? [];
  const told = code === '' ? found : `${found} (${code})`;
  return {
    problem: `${settingOf[name]}: expected ${name} at ${address}, found ${told}. What to do: ${todo}, or name another address.`,
    exit: 3,
  };
};

const notIt = ({ name, address }: Backend, found: string): Problem => ({
  problem: `${settingOf[name]}: expected ${name} at ${address}, found ${found}. What to do: check host and port.`,
  exit: 3,
});

const jsonIn = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
};

/** What a server says went wrong: Loki in plain text, Jaeger within JSON. */
const messageIn = (text: string): string => {
  const json = jsonIn(text) as
    | { error?: { message?: string }; message?: string; errors?: { msg?: string }[] }
    | undefined;
  const said = json?.error?.message ?? json?.message ?? json?.errors?.[0]?.msg ?? text;
  return String(said).replace(/\s+/g, ' ').trim().slice(0, MESSAGE_MAX);
};

const refusal = (backend: Backend, status: number, text: string): Reply => {
  const { name, address } = backend;
  if (status === 401 || status === 403)
    return {
      problem: `${settingOf[name]}: expected ${name} at ${address} to let us ask, found status ${status}. What to do: put user and password into the address (http://user:password@…), or a token into ${headersOf[name]}.`,
      exit: 3,
    };
  if (status === 404)
    return /traces? not found|No traces found/i.test(text)
      ? { none: true }
      : { absent: notIt(backend, 'a server that does not know its paths') };
  if (status === 400) return { problem: `${name} did not take the question: ${messageIn(text)}`, exit: 2 };
  return { problem: `${name} at ${address} failed: status ${status}, ${messageIn(text)}`, exit: 3 };
};

/** Undefined values of `query` are left out. */
export const askBackend = async (
  backend: Backend,
  path: string,
  query: { readonly [name: string]: string | number | undefined },
  signal: AbortSignal,
): Promise<Reply> => {
  const url = new URL(`${backend.address}${path}`);
  for (const [key, value] of Object.entries(query)) if (value !== undefined) url.searchParams.set(key, String(value));
  const dispatcher = new Agent({ connect: { timeout: CONNECT_MS }, maxResponseSize: ANSWER_BYTES_MAX });
  try {
    const { headers } = backend;
    const limits = { headersTimeout: ANSWER_MS, bodyTimeout: ANSWER_MS };
    const response = await request(url, { headers, dispatcher, signal, ...limits });
    const text = await response.body.text();
    if (response.statusCode !== 200) return refusal(backend, response.statusCode, text);
    const json = jsonIn(text);
    return json === undefined ? notIt(backend, 'a server that answers no JSON') : { json };
  } catch (error) {
    return unreachable(backend, error);
  } finally {
    await dispatcher.destroy();
  }
};
