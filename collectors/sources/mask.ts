// What must not travel, masked in one complete line: the names of people and machines, addresses, secrets, content.
// Every replacement keeps its length, so positions, and with them ids, are those of the unmasked log.
import { maskContent } from './mask-content.ts';
import { blank, createPseudonym, type Pseudonym } from './pseudonym.ts';

export type MaskOptions = {
  /** Random for every recording: without it pseudonyms of addresses could be looked up. */
  readonly salt: string;
  /** This machine's own name, masked wherever it stands unless it is a word of the logs themselves. */
  readonly hostName?: string;
};
/** One line as text of one byte or one code unit per character, without or with its terminator. */
export type Mask = (line: string) => string;

/** What a recording's manifest says was masked. */
export const MASKS = [
  'content',
  'urls',
  'secrets',
  'home-paths',
  'hosts',
  'addresses',
  'gpu-uuids',
  'serials',
  'machine-ids',
] as const;

/** Short or ordinary words as a host's name would be struck out of messages that only happen to use them. */
const HOST_NAME_LENGTH_MIN = 5;
const LOG_WORDS =
  /^(?:ollama|server|localhost|nvidia|llama|kernel|model|models|runner|local|linux|ubuntu|debian|docker|systemd|windows|default|memory|cache)$/i;
const PUBLIC_HOST = /(?:^|\.)(?:ollama\.com|ollama\.ai|huggingface\.co|hf\.co|github\.com|nvidia\.com)$/i;
const isTellableHost = (host: string): boolean =>
  PUBLIC_HOST.test(host) || /^(?:localhost|\[?::1?\]?|[\d.]+)$/i.test(host) || host === '';
/** Loopback and "any address" say nothing about anybody. */
const isTellableAddress = (address: string): boolean =>
  /^(?:127\.|0\.0\.0\.0$)/.test(address) || /^(?:0*:)*:?0*1?$/.test(address);

const keepEnds = (all: string, part: string, masked: string): string => {
  const at = all.lastIndexOf(part);
  return all.slice(0, at) + masked + all.slice(at + part.length);
};

const literally = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');

/** A longer path is no path: bounds the look back from a question mark. */
const PATH_LENGTH_MAX = 2_048;
const isAfterPath = (line: string, at: number): boolean =>
  /\/[^\s"'\\()]*$/.test(line.slice(Math.max(0, at - PATH_LENGTH_MAX), at));

/** `http://user:secret@proxy.example:3128/path?key=secret` */
const maskUrls = (line: string, pseudonym: Pseudonym): string =>
  line
    .replace(/\b[a-z][a-z0-9+.-]{1,15}:\/\/([^\s/@"'\\]+)@/gi, (all, who: string) =>
      keepEnds(all, `${who}@`, `${blank(who)}@`),
    )
    .replace(/\b(?:https?|socks\w{0,2}|grpcs?):\/\/(?:x+@)?([A-Za-z0-9._-]+)/g, (all, host: string) =>
      isTellableHost(host) ? all : keepEnds(all, host, pseudonym.word(host)),
    )
    .replace(/\?([^\s"'\\]+)/g, (all, query: string, at: number, whole: string) =>
      isAfterPath(whole, at) ? `?${blank(query)}` : all,
    );

/** `… | POST     "/api/chat"`: a path outside Ollama's own routes is whatever somebody typed. */
const OWN_ROUTES = /^\/(?:$|api\/|v1\/|metrics$)/;
/** Plain, and inside a JSON envelope, where the quotes are escaped. */
const PATHS: readonly RegExp[] = [/(\| [A-Z]+ +")(\/(?:[^"\\]|\\.)*)(?=")/, /(\| [A-Z]+ +\\+")(\/[^"\\]*)/];
const maskPaths = (line: string): string =>
  PATHS.reduce(
    (masked, place) =>
      masked.replace(place, (all, before: string, path: string) =>
        OWN_ROUTES.test(path) ? all : `${before}/${blank(path.slice(1))}`,
      ),
    line,
  );

/** `NO_PROXY:.intern.example,10.0.0.0/8 OLLAMA_…`: names of a network in the Go map of `server config`. */
const maskNoProxy = (line: string): string =>
  line.replace(/\bno_proxy[:=]([^\s\]"\\]+)/gi, (all, names: string) => keepEnds(all, names, blank(names)));

/** `Bearer …`, `api_key=…`, the `ssh-ed25519 …` that a new installation prints. */
const maskSecrets = (line: string): string =>
  line
    .replace(/\b(?:bearer|basic)\s+([A-Za-z0-9._~+/=-]{8,})/gi, (all, secret: string) =>
      keepEnds(all, secret, blank(secret)),
    )
    .replace(
      /\b(?:api[_-]?key|token|password|passwd|secret|authorization)["\\]*\s*[=:]\s*["\\]*([^\s"'\\,;]{4,})/gi,
      (all, secret: string) => (/^\d+$/.test(secret) ? all : keepEnds(all, secret, blank(secret))),
    )
    .replace(/\bssh-[a-z0-9-]+ ([A-Za-z0-9+/=]{16,})/g, (all, key: string) => keepEnds(all, key, blank(key)));

/** `/home/NAME/…`, `/Users/NAME/…`, `C:\Users\NAME\…` in any escaping. */
const maskHomes = (line: string, pseudonym: Pseudonym): string =>
  line.replace(
    /(?:\/home|\/Users|\b[A-Za-z]:(?:\\+|\/)Users)(?:\\+|\/)([^\\/"'\s:,;\]]+(?: [^\\/"'\s:,;\]]+)*(?=[\\/])|[^\\/"'\s:,;\]]+)/g,
    (all, name: string) =>
      /^(?:Public|Default|linuxbrew)$/.test(name) ? all : keepEnds(all, name, pseudonym.word(name)),
  );

const HOST_PLACES: readonly RegExp[] = [
  // `Jun 09 11:07:52 host ollama[812]: …`, `2026-06-09T11:07:52+0200 host kernel: …`, months in any language
  /^(?:[^ ]{1,24} +\d{1,2}|\d{1,2}\.? [^ ]{1,24}) \d\d:\d\d:\d\d(?:\.\d+)? ([^\s:=]+)(?= [^\s:]+: )/,
  /^\d{4}-\d\d-\d\dT[\d:.,]+(?:Z|[+-]\d\d:?\d\d) ([^\s:=]+)(?= [^\s:=]+(?:\[\d+\])?: )/,
  /"_HOSTNAME"\s*:\s*"([^"]+)"/,
  /\blookup ([A-Za-z0-9._-]+)(?= |:|\\?"|$)/,
];

const maskHosts = (line: string, pseudonym: Pseudonym, own: RegExp | undefined): string => {
  let masked = line;
  for (const place of HOST_PLACES) {
    masked = masked.replace(place, (all, host: string) =>
      isTellableHost(host) ? all : keepEnds(all, host, pseudonym.word(host)),
    );
  }
  return own === undefined ? masked : masked.replace(own, (host) => pseudonym.word(host));
};

const OCTET = '(?:25[0-5]|2[0-4]\\d|1\\d\\d|[1-9]?\\d)';
const IPV4 = new RegExp(`(?<![\\d.])${OCTET}(?:\\.${OCTET}){3}(?![\\d.]*\\d)`, 'g');
/** `… |  51.807µs |       2001:db8::7 | GET      "/"`; bracketed addresses with a port. Bare ones would be taken for times. */
const IPV6_PLACES: readonly RegExp[] = [
  /\| +([0-9a-fA-F:.]{2,45})(?:%\w+)? +\|/g,
  /\[([0-9a-fA-F:.]{2,45})(?:%\w+)?\](?=:\d)/g,
];
const isIpv6 = (text: string): boolean => text.split(':').length > 2;

const maskAddresses = (line: string, pseudonym: Pseudonym): string => {
  let masked = line.replace(IPV4, (address) => (isTellableAddress(address) ? address : pseudonym.ipv4(address)));
  for (const place of IPV6_PLACES) {
    masked = masked.replace(place, (all, address: string) =>
      !isIpv6(address) || isTellableAddress(address) ? all : keepEnds(all, address, pseudonym.ipv6(address)),
    );
  }
  return masked;
};

/** Joined by: the same device keeps one stand-in in every source of the recording. Serials are joined by nothing. */
const maskDevices = (line: string, pseudonym: Pseudonym): string =>
  line
    .replace(/\b(?:GPU|MIG)-([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\b/gi, (all, uuid: string) =>
      keepEnds(all, uuid, pseudonym.hex(uuid)),
    )
    .replace(/\bserial number(?: is)?:?\s*(\w+)/gi, (all, serial: string) =>
      keepEnds(all, serial, '0'.repeat(serial.length)),
    )
    .replace(
      /"(?:_MACHINE_ID|_BOOT_ID|_STREAM_ID|_SYSTEMD_INVOCATION_ID|__CURSOR)"\s*:\s*"([^"]+)"/g,
      (all, id: string) => keepEnds(all, id, pseudonym.hex(id)),
    );

/** A Mask for one recording. Total: any text gives a text of the same length. */
export const createMask = ({ salt, hostName }: MaskOptions): Mask => {
  const pseudonym = createPseudonym(salt);
  const hasOwn = hostName !== undefined && hostName.length >= HOST_NAME_LENGTH_MIN && !LOG_WORDS.test(hostName);
  const own = hasOwn ? new RegExp(`(?<![A-Za-z0-9-])${literally(hostName)}(?![A-Za-z0-9-])`, 'gi') : undefined;
  return (line) => {
    let masked = maskContent(line);
    masked = maskUrls(masked, pseudonym);
    masked = maskNoProxy(maskPaths(masked));
    masked = maskSecrets(masked);
    masked = maskHomes(masked, pseudonym);
    masked = maskHosts(masked, pseudonym, own);
    masked = maskAddresses(masked, pseudonym);
    return maskDevices(masked, pseudonym);
  };
};
