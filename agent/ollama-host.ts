// OLLAMA_HOST as Ollama reads it: any of `host`, `host:port`, `:port`, `[::1]:port`, `http://host`, `https://host:port/path`,
// with quotes and blanks around. What cannot be a port becomes the default one, as there.

const DEFAULT_PORT = 11_434;
const SCHEME_PORTS: { readonly [scheme: string]: number } = { http: 80, https: 443 };

/** Host and port of `text`; the host may be empty, an IPv6 address comes without its brackets. */
const split = (text: string, defaultPort: number): { host: string; port: number } => {
  const bracketed = /^\[([^\]]*)\](?::(.*))?$/.exec(text);
  const isBareIpv6 = bracketed === null && text.split(':').length > 2;
  const parts =
    bracketed ?? (isBareIpv6 ? [text, text, undefined] : (/^([^:]*)(?::(.*))?$/.exec(text) ?? [text, text, undefined]));
  const port = /^\d{1,5}$/.test(parts[2] ?? '') ? Number(parts[2]) : defaultPort;
  return { host: parts[1] ?? '', port: port <= 65_535 ? port : defaultPort };
};

/** An address to listen on is not one to ask: "any" becomes loopback. */
const askable = (host: string): string => {
  if (host === '' || host === '0.0.0.0') return '127.0.0.1';
  if (host === '::' || host === '[::]') return '[::1]';
  return host.includes(':') ? `[${host}]` : host;
};

/** The origin at which the API answers; `http://127.0.0.1:11434` where nothing is set. */
export const ollamaOrigin = (value: string | undefined): string => {
  const text = (value ?? '').trim().replace(/^["']+|["']+$/g, '');
  const schemed = /^([a-z][a-z0-9+.-]*):\/\/(.*)$/i.exec(text);
  const scheme = (schemed?.[1] ?? 'http').toLowerCase() === 'https' ? 'https' : 'http';
  const defaultPort = schemed === null ? DEFAULT_PORT : (SCHEME_PORTS[scheme] ?? DEFAULT_PORT);
  const authority = ((schemed?.[2] ?? text).split('/')[0] ?? '').replace(/^[^@]*@/, '');
  const { host, port } = split(authority, defaultPort);
  return `${scheme}://${askable(host)}:${port}`;
};
