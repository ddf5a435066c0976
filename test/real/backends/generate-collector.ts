// Writes go-collector/ anew from builder.yaml, with the Collector's own builder. What it writes is kept in git, so that
// nobody else needs the builder: node test/real/backends/generate-collector.ts

import { runCommand } from '../install/command.ts';
import { goMissing } from '../install/go.ts';
import { installTool } from './install.ts';
import { COLLECTOR_BUILDER } from './tools.ts';

/** Mostly the download of modules that are not there yet. */
const GENERATE_SECONDS = 900;

const builder = await installTool(COLLECTOR_BUILDER);
await runCommand(builder, ['--config', 'builder.yaml', '--skip-compilation'], {
  cwd: import.meta.dirname,
  env: { ...process.env, GOFLAGS: '-buildvcs=false' },
  timeoutSeconds: GENERATE_SECONDS,
  whenMissing: goMissing('the Collector'),
});
