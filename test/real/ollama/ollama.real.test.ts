// The smallest proof that the real thing is there: install, start, one chat, its access line, stop.
// A version that cannot be installed fails here; it is never skipped.

import { readFileSync, rmSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { OLLAMA_VERSIONS } from '../versions.ts';
import { installOllama } from './install.ts';
import { copyModels } from './models.ts';
import { inference, PLANTED_SECRET } from './requests.ts';
import { withOllama } from './server.ts';
import { createDriver, sourceAddress } from './truth.ts';

describe.each(OLLAMA_VERSIONS)('a real Ollama %s', (version) => {
  let modelsDir = '';

  beforeAll(async () => {
    await installOllama(version);
    modelsDir = await copyModels(version);
  });

  afterAll(() => {
    if (modelsDir !== '') rmSync(modelsDir, { recursive: true });
  });

  test('answers a chat and logs it as one access line with status 200', async () => {
    await withOllama({ version, modelsDir }, async (server) => {
      const seen = await createDriver(server).send(
        inference('chat', 'tiny', { prompt: PLANTED_SECRET, options: { num_predict: 5 } }),
      );
      expect(seen).toMatchObject({ status: 200, outcome: 'ok', client_addr: '127.1.0.1' });
      expect(seen.eval_count).toBeGreaterThan(0);
      expect(server.runnerPids()).toHaveLength(1);

      expect(await server.stop()).toBe(0);
      const log = readFileSync(server.logPath, 'utf8');
      const own = log.split('\n').filter((line) => line.includes(`|       ${sourceAddress(0)} |`));
      expect(own).toHaveLength(1);
      expect(own[0]).toMatch(/\[GIN\] .* \| 200 \| .* \| POST {5}"\/api\/chat"$/);
      expect(log).not.toContain(PLANTED_SECRET);
      expect(server.runnerPids()).toEqual([]);
    });
  });
});
