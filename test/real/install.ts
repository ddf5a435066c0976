// Installs all that the tests against real servers run: `npm run install:real`. Asking again takes less than a second.
//   node test/real/install.ts [--only loki --only ollama-0.34.4 …]
// One program that cannot be installed does not keep the others from it; the exit status then is 1.

import { parseArgs } from 'node:util';
import { installTool } from './backends/install.ts';
import { TOOL_NAMES, TOOLS } from './backends/tools.ts';
import { say } from './install/command.ts';
import { installOllama } from './ollama/install.ts';
import { OLLAMA_VERSIONS } from './versions.ts';

type Step = { readonly name: string; readonly install: () => Promise<string> };

/** Ollama first: most of the tests against real servers start with it. */
const steps: readonly Step[] = [
  ...OLLAMA_VERSIONS.map((version) => ({
    name: `ollama-${version}`,
    install: async () => (await installOllama(version)).binary,
  })),
  ...TOOL_NAMES.map((name) => ({ name, install: () => installTool(TOOLS[name]) })),
];

const chosenSteps = (only: readonly string[] | undefined): readonly Step[] => {
  const unknown = only?.filter((name) => !steps.some((step) => step.name === name)) ?? [];
  if (unknown.length > 0) {
    throw new Error(`--only expects one of ${steps.map((step) => step.name).join(', ')}; found ${unknown.join(', ')}`);
  }
  return steps.filter((step) => only?.includes(step.name) ?? true);
};

const installAll = async (chosen: readonly Step[]): Promise<readonly string[]> => {
  const failed: string[] = [];
  for (const { name, install } of chosen) {
    const startedMs = Date.now();
    try {
      const binary = await install();
      console.log(`${name}\t${((Date.now() - startedMs) / 1_000).toFixed(1)} s\t${binary}`);
    } catch (error) {
      failed.push(name);
      say(`${name}: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
  return failed;
};

const main = async (): Promise<void> => {
  const { only } = parseArgs({ options: { only: { type: 'string', multiple: true } } }).values;
  const chosen = chosenSteps(only);
  const failed = await installAll(chosen);
  if (failed.length === 0) return;
  say(`not installed: ${failed.join(', ')} (${failed.length} of ${chosen.length}); the reasons stand above`);
  process.exitCode = 1;
};

if (import.meta.main) {
  await main().catch((error: unknown) => {
    say(error instanceof Error ? error.message : String(error));
    process.exitCode = 1;
  });
}
