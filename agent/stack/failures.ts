// What Docker prints when something is missing, turned into what was expected, what was found and what to do. First match
// decides; what no row knows is shown in Docker's own words.

import { settingOfPort } from './endpoints.ts';
import type { Values } from './state.ts';

type Row = { readonly pattern: RegExp; readonly message: (match: RegExpExecArray, values: Values) => string };

const portMessage = (port: string, values: Values): string => {
  const setting = settingOfPort(Number(port), values);
  const remedy = setting === undefined ? 'end that program' : `end that program, or set ${setting} to a free port`;
  return `127.0.0.1:${port}: expected a free port, found another program on it. What to do: ${remedy}.`;
};

export const DOCKER_MISSING =
  "docker: expected Docker's program on the search path, found none. What to do: install Docker Engine or Docker Desktop; under WSL2 turn on its WSL integration for this distribution.";

const COMPOSE_MISSING =
  "docker compose: expected the compose plugin, version 2 or later, found none. What to do: install docker-compose-plugin (Docker's packages) or docker-compose-v2 (Ubuntu's); docker-compose 1 cannot read the file.";

const DAEMON_DOWN =
  'expected a running Docker daemon, found none that answers. What to do: start Docker Desktop, or `sudo systemctl start docker`; where it runs elsewhere set DOCKER_HOST.';

const rows: readonly Row[] = [
  {
    pattern:
      /'compose' is not a docker command|unknown command: docker compose|unknown (shorthand )?flag: '?-{0,2}[\w-]+/,
    message: () => COMPOSE_MISSING,
  },
  {
    pattern: /permission denied while trying to connect|dial unix [^:]+: connect: permission denied/,
    message: () =>
      'expected to be allowed to use Docker, found that this user is not. What to do: `sudo usermod -aG docker $USER`, then log in again (members of that group have root’s power).',
  },
  {
    pattern: /Cannot connect to the Docker daemon|error during connect|Is the docker daemon running/i,
    message: () => DAEMON_DOWN,
  },
  {
    pattern:
      /(?:0\.0\.0\.0|127\.0\.0\.1|\[::\]):(\d+)(?::[\d.:]+\/tcp)?(?: failed)?: (?:port is already allocated|.*address already in use)/,
    message: (m, values) => portMessage(m[1] ?? '', values),
  },
  {
    pattern: /could not select device driver "?nvidia|nvidia-container-cli|unresolvable CDI devices nvidia/,
    message: () =>
      "profile gpu: expected Docker's NVIDIA runtime, found none that works. What to do: install nvidia-container-toolkit, then `sudo nvidia-ctk runtime configure --runtime=docker` and restart Docker; without a GPU take --profile cpu.",
  },
  {
    pattern: /\/dev\/dxg|source path does not exist: \/usr\/lib\/wsl/,
    message: () =>
      'profile wsl2: expected /dev/dxg and /usr/lib/wsl, the GPU of WSL2, found none. What to do: update WSL (`wsl --update`) and the Windows driver; outside WSL2 take --profile gpu or cpu.',
  },
  {
    pattern: /bind source path does not exist: (\S+)/,
    message: (m) =>
      m[1]?.includes('set-OLLASCOPE_OLLAMA_LOG_FOLDER') === true
        ? "OLLASCOPE_OLLAMA_LOG_FOLDER: expected the folder of Ollama's log, found it unset. What to do: set it, for example to /mnt/c/Users/NAME/AppData/Local/Ollama."
        : `${m[1]}: expected this file or folder, found none. What to do: run it from a whole checkout or package, or correct the setting that names it.`,
  },
  {
    pattern: /no space left on device/,
    message: () =>
      'expected room for images and data, found the disk full. What to do: see `docker system df`; `docker image prune` frees unused images; OLLASCOPE_RETENTION shortens what is kept.',
  },
  {
    pattern:
      /(?:manifest for|failed to resolve(?: reference)?|pull access denied for|unable to (?:find|get) image|failed to solve: )['" ]*([\w./:@-]*)/i,
    message: (m) =>
      `${m[1] === undefined || m[1] === '' ? 'an image' : m[1].replace(/[:,]+$/, '')}: expected an image that can be pulled, found that the registry does not give it. What to do: check the network and the proxy of the Docker daemon; offline, \`docker load\` it first.`,
  },
  {
    pattern: /lookup \S+(?: on \S+)?: no such host|i\/o timeout|TLS handshake timeout|connection refused.*registry/,
    message: () =>
      'expected to reach the registry of the images, found no way. What to do: check the network and the proxy of the Docker daemon; offline, `docker load` the images first.',
  },
  {
    pattern: /container ([\w.-]+) (?:is unhealthy|exited \((\d+)\))|dependency failed to start: container ([\w.-]+)/,
    message: (m) => {
      const container = m[1] ?? m[3] ?? '';
      const service = container.replace(/^[a-z0-9_-]+?-(.+)-\d+$/, '$1');
      const how = m[2] === undefined ? 'that it is not' : `that it ended with ${m[2]}`;
      return `${service}: expected it to become healthy, found ${how}. What to do: \`ollascope stack logs ${service}\` says why.`;
    },
  },
];

/** Enough of Docker's own words to see what it means, where no row knows them. */
const TAIL_CHARS = 1_500;

/** The message for what Docker printed. `values`: the environment that names the ports. */
export const explainFailure = (printed: string, values: Values): string => {
  for (const { pattern, message } of rows) {
    const match = pattern.exec(printed);
    if (match !== null) return message(match, values);
  }
  return `docker compose failed; it said:\n${printed.trim().slice(-TAIL_CHARS)}`;
};
