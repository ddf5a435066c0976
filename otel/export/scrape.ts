// The page that Prometheus scrapes: /metrics on loopback unless told otherwise, made from memory at each request. It answers
// nothing else than two paths and two methods.
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { PROMETHEUS_CONTENT_TYPE } from './prometheus-text.ts';

export type ScrapeOptions = {
  readonly host: string;
  /** 0 takes a free one. */
  readonly port: number;
  /** The exposition text of this moment. */
  readonly text: () => string;
  /** The setting that names the address, for the message when it cannot be taken. */
  readonly setting: string;
};

export type Scrape = {
  readonly url: string;
  readonly close: () => Promise<void>;
};

/** The address cannot be taken; the message says what to do. */
export class ScrapeError extends Error {
  override readonly name = 'ScrapeError';
}

/** Prometheus gives up after ten seconds by default; a request that is not even complete by then never will be. */
const REQUEST_MS_MAX = 10_000;
/** A scraper or two, and people looking: more at once is somebody leaking connections. */
const CONNECTIONS_MAX = 64;

const COMMON_HEADERS = { 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' } as const;
const PLAIN = 'text/plain; charset=utf-8';

const answer = (request: IncomingMessage, response: ServerResponse, text: () => string): void => {
  const send = (status: number, type: string, body: string, more: { readonly [name: string]: string } = {}): void => {
    const bytes = Buffer.from(body);
    response.writeHead(status, { ...COMMON_HEADERS, 'content-type': type, 'content-length': bytes.length, ...more });
    response.end(request.method === 'HEAD' ? undefined : bytes);
  };
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    send(405, PLAIN, 'Expected GET or HEAD.\n', { allow: 'GET, HEAD' });
    return;
  }
  const path = (request.url ?? '/').split('?', 1)[0];
  if (path === '/') send(200, PLAIN, 'ollascope. Metrics for Prometheus: /metrics\n');
  else if (path === '/metrics') send(200, PROMETHEUS_CONTENT_TYPE, text());
  else send(404, PLAIN, 'Expected /metrics.\n');
};

const CAUSES: { readonly [code: string]: string } = {
  EADDRINUSE: 'another program has it',
  EACCES: 'this user may not take it',
  EADDRNOTAVAIL: 'this host has no such address',
  ENOTFOUND: 'the name is not known',
};

const problem = (error: unknown, { host, port, setting }: ScrapeOptions): ScrapeError => {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  const cause = CAUSES[code] ?? (error instanceof Error ? error.message : String(error));
  return new ScrapeError(
    `${setting}: expected to serve /metrics on ${host}:${port}, found that ${cause}. What to do: give ${setting} another host:port, or none.`,
    { cause: error },
  );
};

const addressOf = (server: Server): string => {
  const address = server.address();
  if (typeof address !== 'object' || address === null) return '';
  return address.family === 'IPv6' ? `[${address.address}]:${address.port}` : `${address.address}:${address.port}`;
};

/** Listens, or throws a ScrapeError. */
export const startScrape = async (options: ScrapeOptions): Promise<Scrape> => {
  const server = createServer({ requestTimeout: REQUEST_MS_MAX }, (request, response) =>
    answer(request, response, options.text),
  );
  server.maxConnections = CONNECTIONS_MAX;
  server.listen(options.port, options.host);
  try {
    await once(server, 'listening');
  } catch (error) {
    throw problem(error, options);
  }
  return {
    url: `http://${addressOf(server)}/metrics`,
    close: async () => {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
};
