// Writes every dashboard as classic JSON below grafana/dashboards, one folder of Grafana each:
// `node grafana/source/generate.ts`, and with `--check` only says which files differ.
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { dashboardFiles } from './all.ts';

const ROOT = join(import.meta.dirname, '..', 'dashboards');
const DIFFERENT = 1;

const files = dashboardFiles();
const stored = existsSync(ROOT)
  ? readdirSync(ROOT, { recursive: true, encoding: 'utf8' }).filter((path) => path.endsWith('.json'))
  : [];
const isCurrent = (path: string, text: string): boolean =>
  existsSync(join(ROOT, path)) && readFileSync(join(ROOT, path), 'utf8') === text;
const outdated = [...files].filter(([path, text]) => !isCurrent(path, text)).map(([path]) => path);
const superfluous = stored.filter((path) => !files.has(path));

if (process.argv.includes('--check')) {
  for (const path of [...outdated, ...superfluous])
    process.stderr.write(`grafana/dashboards/${path} is not what grafana/source makes: run npm run dashboards\n`);
  process.exitCode = outdated.length + superfluous.length > 0 ? DIFFERENT : 0;
} else {
  for (const path of superfluous) rmSync(join(ROOT, path));
  for (const path of outdated) {
    mkdirSync(dirname(join(ROOT, path)), { recursive: true });
    writeFileSync(join(ROOT, path), files.get(path) ?? '');
  }
  process.stdout.write(`${files.size} dashboards, ${outdated.length} written, ${superfluous.length} removed\n`);
}
