// Where Ollama's log is, best first: the file that a running server writes to, the journal of its unit, the files that the
// desktop apps write on macOS, Linux and, seen from WSL2, on Windows.

import { findOllamaProcesses, type OllamaProcess } from './find-processes.ts';
import type { Finding } from './finding.ts';
import { safePath } from './finding.ts';
import type { FileFacts, Host } from './host.ts';
import { ollamaOrigin } from './ollama-host.ts';

export type OllamaLog =
  | { readonly kind: 'journal'; readonly unit: string }
  | { readonly kind: 'file'; readonly path: string };
export type FoundOllama = {
  /** Two where standard output and error go to different files; none where nothing was found. */
  readonly logs: readonly OllamaLog[];
  readonly origin: string;
  /** Something accepts connections at the origin. */
  readonly answers: boolean;
  readonly findings: readonly Finding[];
};

export const OLLAMA_UNIT = 'ollama.service';
const COMMAND_TIMEOUT_MS = 5_000;
const WINDOWS_USERS = '/mnt/c/Users';
/** Many accounts on a shared PC; beyond, it is no PC. */
const WINDOWS_USERS_MAX = 64;
const REDIRECT =
  'redirect it when starting: `ollama serve >>ollama.log 2>&1`, or pipe it in: `ollama serve 2>&1 | ollascope run --ollama-log -`';

const fileFinding = async (host: Host, what: string, path: string, why: string): Promise<Finding> => {
  const where = safePath(path, host.homeDir);
  if (await host.canRead(path)) return { what, state: 'found', where, why };
  return {
    what,
    state: 'problem',
    where,
    why: `${why}, but this user may not read it`,
    whatToDo: `give this user read access: setfacl -m u:$USER:r '${where}'`,
  };
};

const processFindings = async (
  host: Host,
  process: OllamaProcess,
): Promise<{ findings: readonly Finding[]; logs: readonly OllamaLog[] }> => {
  const what = `output of ollama serve (pid ${process.pid})`;
  if (process.container !== undefined) {
    const path = `/var/lib/docker/containers/${process.container}/${process.container}-json.log`;
    if (await host.canRead(path)) {
      return {
        findings: [{ what, state: 'found', where: 'the container’s json-file log', why: 'it runs in a container' }],
        logs: [{ kind: 'file', path }],
      };
    }
    const whatToDo =
      'pipe its log in: `docker logs -f -n 0 NAME 2>&1 | ollascope run --ollama-log -`, or run ollascope beside it as a sidecar';
    return {
      findings: [{ what, state: 'problem', why: 'it runs in a container whose log this user may not read', whatToDo }],
      logs: [],
    };
  }
  if (process.files.length === 0) {
    if (process.unit === OLLAMA_UNIT) return { findings: [], logs: [] };
    return {
      findings: [
        {
          what,
          state: 'problem',
          where: safePath(process.output, host.homeDir),
          why: 'its output goes where nobody else can read it',
          whatToDo: REDIRECT,
        },
      ],
      logs: [],
    };
  }
  const findings = await Promise.all(
    process.files.map((path) => fileFinding(host, what, path, 'the running server writes to it')),
  );
  const isReadable = findings.every((finding) => finding.state === 'found');
  return { findings, logs: isReadable ? process.files.map((path) => ({ kind: 'file', path })) : [] };
};

const journalFinding = async (host: Host): Promise<Finding> => {
  const what = `journal of ${OLLAMA_UNIT}`;
  if ((await host.facts('/run/systemd/system')) === undefined) {
    return { what, state: 'missing', why: 'this system was not started by systemd' };
  }
  const shown = await host.run(
    'systemctl',
    ['show', OLLAMA_UNIT, '--property=LoadState', '--value'],
    COMMAND_TIMEOUT_MS,
  );
  if (shown?.stdout.trim() !== 'loaded')
    return { what, state: 'missing', why: 'there is no such unit: Ollama was not installed as a service' };
  const entry = await host.run('journalctl', ['-u', OLLAMA_UNIT, '-n', '1', '-o', 'cat', '-q'], COMMAND_TIMEOUT_MS);
  if (entry?.exit.type === 'code' && entry.exit.code === 0 && entry.stdout !== '') {
    return { what, state: 'found', where: 'journald', why: 'entries with times to the microsecond' };
  }
  const whatToDo =
    'add this user to the systemd-journal group: sudo usermod -aG systemd-journal $USER, then log in again';
  return { what, state: 'problem', why: 'the unit exists, but its journal is empty for this user', whatToDo };
};

type Candidate = { readonly path: string; readonly facts: FileFacts };
const newest = async (host: Host, paths: readonly string[]): Promise<Candidate | undefined> => {
  let best: Candidate | undefined;
  for (const path of paths) {
    const facts = await host.facts(path);
    if (facts?.isFile === true && (best === undefined || facts.changedAt > best.facts.changedAt))
      best = { path, facts };
  }
  return best;
};

/** The desktop app's log; on WSL2 also the Windows app's, whose server most probably serves both. */
const appLog = async (host: Host, isWsl: boolean): Promise<{ finding: Finding; path?: string }> => {
  const users = isWsl ? (await host.list(WINDOWS_USERS)).slice(0, WINDOWS_USERS_MAX) : [];
  const paths = [
    `${host.homeDir}/.ollama/logs/server.log`,
    ...users.map((user) => `${WINDOWS_USERS}/${user}/AppData/Local/Ollama/server.log`),
  ];
  const what = 'log of the Ollama app';
  const found = await newest(host, paths);
  if (found === undefined) {
    const where = isWsl ? '~/.ollama/logs/server.log, %LOCALAPPDATA%\\Ollama\\server.log' : '~/.ollama/logs/server.log';
    return { finding: { what, state: 'missing', where, why: 'no desktop app has written there' } };
  }
  const finding = await fileFinding(host, what, found.path, 'the desktop app writes to it');
  return finding.state === 'found' ? { finding, path: found.path } : { finding };
};

const addressFinding = async (host: Host, origin: string, from: string): Promise<Finding> => {
  const { hostname, port, protocol } = new URL(origin);
  const number = port === '' ? (protocol === 'https:' ? 443 : 80) : Number(port);
  const error = await host.connectError(hostname.replace(/^\[|\]$/g, ''), number);
  const what = "Ollama's API";
  if (error === undefined) return { what, state: 'found', where: origin, why: `it answers; address from ${from}` };
  return {
    what,
    state: 'problem',
    where: origin,
    why: `${from} leads there, the system answered ${error}`,
    whatToDo: 'start Ollama, or set OLLAMA_HOST to where it listens',
  };
};

export const findOllama = async (host: Host, isWsl: boolean): Promise<FoundOllama> => {
  const processes = await findOllamaProcesses(host);
  const findings: Finding[] = [];
  const logs: OllamaLog[][] = [];
  for (const process of processes) {
    const { findings: told, logs: found } = await processFindings(host, process);
    findings.push(...told);
    if (found.length > 0) logs.push([...found]);
  }
  if (processes.length === 0)
    findings.push({ what: 'ollama serve', state: 'missing', why: 'no such process is shown to this user' });
  const journal = await journalFinding(host);
  const app = await appLog(host, isWsl);
  findings.push(journal, app.finding);
  if (journal.state === 'found') logs.push([{ kind: 'journal', unit: OLLAMA_UNIT }]);
  if (app.path !== undefined) logs.push([{ kind: 'file', path: app.path }]);
  const own = host.environment('OLLAMA_HOST');
  const running = processes.find((process) => process.hostSetting !== undefined)?.hostSetting;
  const origin = ollamaOrigin(own ?? running);
  const from =
    own !== undefined ? 'OLLAMA_HOST' : running !== undefined ? "the server's own OLLAMA_HOST" : 'the default';
  const address = await addressFinding(host, origin, from);
  findings.push(address);
  return { logs: logs[0] ?? [], origin, answers: address.state === 'found', findings };
};
