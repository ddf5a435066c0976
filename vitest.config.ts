// Two suites: `unit` needs nothing but Node; `real` starts real servers (Ollama, later the backends) and runs its files one
// by one. OLLASCOPE_TEST_REPORT names a file for the counts.
import { defineConfig } from 'vitest/config';

const report = process.env['OLLASCOPE_TEST_REPORT'];

export default defineConfig({
  test: {
    reporters: report === undefined ? ['default'] : ['default', ['json', { outputFile: report }]],
    projects: [
      {
        test: {
          name: 'unit',
          include: ['test/**/*.test.ts'],
          exclude: ['test/**/*.real.test.ts'],
          testTimeout: 20_000,
        },
      },
      {
        test: {
          name: 'real',
          include: ['test/**/*.real.test.ts'],
          testTimeout: 600_000,
          hookTimeout: 1_800_000,
          fileParallelism: false,
        },
      },
    ],
  },
});
