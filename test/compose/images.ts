// Images under the names that compose.yaml pins, made of this machine's own programs: the real servers as they were built
// here, at the places where the published images have them. What runs in the containers is real; the images are not the
// published ones, so nothing is proven about what else those hold. Grafana is the exception: see FAKE_GRAFANA.
import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { binaryOf } from '../real/backends/install.ts';
import { installOllama } from '../real/ollama/install.ts';
import type { Daemon } from './daemon.ts';

/** No Grafana can be had here. This answers its readiness page and nothing else: Grafana itself is not proven by these tests. */
const FAKE_GRAFANA = `
const { createServer } = require('node:http');
const { readFileSync } = require('node:fs');
const password = readFileSync(process.env.GF_SECURITY_ADMIN_PASSWORD__FILE, 'utf8');
createServer((request, response) => {
  response.writeHead(request.url === '/api/health' && password.length > 20 ? 200 : 404).end('{"database":"ok"}');
}).listen(3000, '0.0.0.0');
process.on('SIGTERM', () => process.exit(0));
`;

/** Shared libraries that a program is linked with, as ldd tells them; a static one has none. */
const librariesOf = (program: string): readonly string[] => {
  let text: string;
  try {
    text = execFileSync('ldd', [program], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
  } catch {
    return []; // ldd fails on what is no dynamic executable
  }
  return [...text.matchAll(/(?:=> )?(\/\S+) \(0x/g)].map(([, path = '']) => path);
};

type Image = {
  readonly name: string;
  /** Path inside → program of this machine; libraries come along. */
  readonly programs: Readonly<Record<string, string>>;
  /** Further files and folders, at the same or another path. */
  readonly copies?: Readonly<Record<string, string>>;
  readonly changes: readonly string[];
};

const SHELL_PROGRAMS = [
  ...['bash', 'sh', 'ldd', 'sed', 'grep', 'dirname', 'mkdir', 'cp', 'chown', 'chmod', 'find', 'touch'],
  ...['cat', 'mv', 'rm', 'stat', 'mkfifo'],
];

const shellPrograms = (): Record<string, string> =>
  Object.fromEntries(
    SHELL_PROGRAMS.map((name): [string, string] => {
      const path = execFileSync('/bin/sh', ['-c', `command -v ${name}`], { encoding: 'utf8' }).trim();
      return [`/usr/bin/${name}`, path];
    }),
  );

/** Libraries that Node's image has for its libc, beyond what its programs are linked with. */
const libcCompanions = (node: string): Record<string, string> => {
  const libc = librariesOf(node).find((path) => path.endsWith('/libc.so.6')) ?? '';
  const names = [
    'libdl.so.2',
    'librt.so.1',
    'libpthread.so.0',
    'libnss_dns.so.2',
    'libnss_files.so.2',
    'libresolv.so.2',
  ];
  return Object.fromEntries(names.map((name) => [join(dirname(libc), name), join(dirname(libc), name)]));
};

const build = (daemon: Daemon, image: Image): void => {
  const root = join(daemon.folder, 'image');
  rmSync(root, { recursive: true, force: true });
  mkdirSync(join(root, 'tmp'), { recursive: true });
  // Published images have it for everybody; the mode given to mkdir would be cut by the umask.
  chmodSync(join(root, 'tmp'), 0o1777);
  for (const name of ['bin', 'lib', 'lib64', 'sbin']) {
    mkdirSync(join(root, 'usr', name), { recursive: true });
    symlinkSync(`usr/${name}`, join(root, name));
  }
  const put = (inside: string, from: string): void => {
    const target = join(root, inside);
    if (existsSync(target)) return;
    mkdirSync(dirname(target), { recursive: true });
    cpSync(realpathSync(from), target, { recursive: true, verbatimSymlinks: true });
  };
  for (const [inside, program] of Object.entries(image.programs)) {
    put(inside, program);
    for (const library of librariesOf(program)) put(library, library);
  }
  for (const [inside, from] of Object.entries(image.copies ?? {})) put(inside, from);
  const tar = join(daemon.folder, 'image.tar');
  execFileSync('tar', ['--create', '--file', tar, '--directory', root, '.']);
  daemon.docker(['import', ...image.changes.flatMap((change) => ['--change', change]), tar, image.name]);
  rmSync(root, { recursive: true, force: true });
  rmSync(tar);
};

const server = (name: string, path: string, binary: string, more: Readonly<Record<string, string>> = {}): Image => ({
  name,
  programs: { [path]: binary, ...more },
  changes: [`ENTRYPOINT ["${path}"]`],
});

/** Where the engine's packages lie inside: a place of their own, because a container's /tmp hides whatever the image has there. */
const PACKAGES_INSIDE = '/opt/llama-server';

const ollamaImage = async (daemon: Daemon, name: string): Promise<Image> => {
  const { binary } = await installOllama('0.34.4');
  const engine = join(dirname(binary), '..', 'lib', 'ollama');
  const packages = join(dirname(binary), '..', '..', '..', 'llama-server');
  // The engine's own wrapper names its packages by their place on this machine.
  const wrapped = join(daemon.folder, 'engine');
  cpSync(engine, wrapped, { recursive: true });
  const wrapper = join(wrapped, 'llama-server');
  writeFileSync(wrapper, readFileSync(wrapper, 'utf8').replaceAll(packages, PACKAGES_INSIDE));
  return {
    name,
    programs: { '/usr/bin/ollama': binary, ...shellPrograms() },
    copies: { '/usr/lib/ollama': wrapped, [PACKAGES_INSIDE]: packages },
    changes: ['ENTRYPOINT ["/bin/ollama"]', 'CMD ["serve"]', 'ENV OLLAMA_HOST=0.0.0.0:11434', 'ENV PATH=/usr/bin'],
  };
};

/** Makes every image of `names` that the daemon lacks. */
export const makeImages = async (daemon: Daemon, names: readonly string[]): Promise<void> => {
  const node = realpathSync(process.execPath);
  const fake = join(daemon.folder, 'fake-grafana.cjs');
  writeFileSync(fake, FAKE_GRAFANA);
  const recipes: Readonly<Record<string, (name: string) => Promise<Image>>> = {
    'otel/opentelemetry-collector-contrib': async (name) => server(name, '/otelcol-contrib', await binaryOf('otelcol')),
    'prom/prometheus': async (name) =>
      server(name, '/bin/prometheus', await binaryOf('prometheus'), { '/bin/promtool': await binaryOf('promtool') }),
    'prom/alertmanager': async (name) =>
      server(name, '/bin/alertmanager', await binaryOf('alertmanager'), { '/bin/amtool': await binaryOf('amtool') }),
    'grafana/loki': async (name) => server(name, '/usr/bin/loki', await binaryOf('loki')),
    'jaegertracing/jaeger': async (name) => server(name, '/cmd/jaeger/jaeger-linux', await binaryOf('jaeger')),
    'grafana/grafana': async (name) => ({
      name,
      programs: { '/usr/bin/node': node },
      copies: { '/fake-grafana.cjs': fake },
      changes: ['ENTRYPOINT ["/usr/bin/node", "/fake-grafana.cjs"]'],
    }),
    'ollama/ollama': (name) => ollamaImage(daemon, name),
    node: async (name) => ({
      name,
      programs: { '/usr/local/bin/node': node, ...shellPrograms() },
      copies: libcCompanions(node),
      changes: ['ENV PATH=/usr/local/bin:/usr/bin', 'CMD ["node"]'],
    }),
  };
  for (const name of names) {
    const recipe = recipes[name.slice(0, name.lastIndexOf(':'))];
    if (recipe === undefined)
      throw new Error(`${name}: expected an image with a recipe in test/compose/images.ts, found none`);
    if (daemon.docker(['images', '--quiet', name]) === '') build(daemon, await recipe(name));
  }
};
