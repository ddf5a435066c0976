// Writes recordings/composed-two-gpus. Run: node test/composed/write.ts
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { composed, RECORDING } from './compose.ts';

const dir = join(import.meta.dirname, '..', '..', 'recordings', RECORDING);
mkdirSync(dir, { recursive: true });
for (const [name, text] of composed()) writeFileSync(join(dir, name), text);
