// Builds the published package: JavaScript and types from the same sources, without bundling. `npm run build`.
import { execFileSync } from 'node:child_process';
import { chmodSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const root = join(import.meta.dirname, '..');
rmSync(join(root, 'dist'), { recursive: true, force: true });
execFileSync(join(root, 'node_modules', '.bin', 'tsc'), ['-p', 'tsconfig.build.json'], { cwd: root, stdio: 'inherit' });

const main = join(root, 'dist', 'agent', 'main.js');
const text = readFileSync(main, 'utf8');
writeFileSync(main, text.startsWith('#!') ? text : `#!/usr/bin/env node\n${text}`);
chmodSync(main, 0o755);
