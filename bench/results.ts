// Runs every benchmark, one after the other, and writes bench/RESULTS.md from what they print. No number on that page comes
// from anywhere else; a goal that is missed stands there as missed. `npm run bench`.
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { cpus, totalmem } from 'node:os';
import { join } from 'node:path';
import { goal, mebibytes } from './table.ts';

const TIMEOUT_MS = 600_000;

type Section = {
  readonly file: string;
  readonly title: string;
  readonly says: string;
  /** `text`: columns padded with spaces, to be shown as they are. */
  readonly form: 'markdown' | 'text';
  /** Which lines of a long text stand on the page. */
  readonly keep?: RegExp;
};

const sections: readonly Section[] = [
  {
    file: 'pipeline.ts',
    title: 'Lines per second on one core, and memory',
    says: 'Logs of a real Ollama and a composed stream of dmon are told again and again with time going on, a million lines each. One process without helper threads per row; seconds are processor seconds. The plain read looks for line ends and tries one expression per line. A log with few lines per request is a test of requests, so both rates are given. The memory table is of the whole core with V8 held to a heap of 64 MiB and a young generation of 2 MiB: left alone at this speed, V8 lets garbage pile up and the resident set grows to several times that, although the heap after collection does not. The first goal on memory is of V8 as it is, from a hundred thousand lines on; the second of the core held like this, from a million on.',
    form: 'markdown',
  },
  {
    file: 'parse.ts',
    title: 'Framing and grammar alone',
    says: 'A log composed from the samples of the grammar, in pieces of 64 KiB, beside the plain read of the same bytes.',
    form: 'text',
  },
  {
    file: 'follow.ts',
    title: 'Following a log that is rotated',
    says: 'A writer that waits for nobody writes 39,000 lines in batches of a hundred and rotates every three thousand, by renaming or by copying and truncating. Beside it: the two packages that are commonly used. A quieter writer is kinder to all.',
    form: 'markdown',
  },
  {
    file: 'latency.ts',
    title: 'The agent as it runs',
    says: 'The built agent follows a log that grows, and sends to a receiver on loopback: 30 requests one by one; then 20 seconds of one request (20 lines) a second beside eight GPUs at 1 Hz. Requests are held about half a second on purpose, for lines that come late. Its nvidia-smi children are not counted. Taken with the machine otherwise idle or not: the page does not know.',
    form: 'markdown',
  },
  {
    file: 'export.ts',
    title: 'What a signal costs on its way out',
    says: "CPU and wall microseconds per exported item, beside the SDK's own processors and meters with the same data. No goal is set.",
    form: 'markdown',
  },
  {
    file: 'join.ts',
    title: 'Joins against ground truth',
    says: 'Runs of a real Ollama where each client was told apart by its address. Beside it: last in, first out, and the nearest task. Each run is a row of what the command prints. Only the first sum can be printed in any clone; the other rows need runs that are not in the repository. The costs of the join were fitted to part of those runs and corrected after others, so the sums are no held-out figures: processors/DECISIONS.md tells what was right at first sight.',
    form: 'text',
    keep: /^(run |sum,|class )/,
  },
];

const fenced = (text: string): string => `\`\`\`text\n${text.trimEnd()}\n\`\`\``;
const isGoal = (line: string): boolean => line.startsWith('* Goal: ');

/** Goals are lists, everything else is the benchmark's own form. */
const shown = (output: string, { form, keep = /^/ }: Section): string => {
  const lines = output.trimEnd().split('\n');
  const goals = lines.filter(isGoal);
  const rest = lines
    .filter((line) => !isGoal(line) && keep.test(line))
    .join('\n')
    .trim();
  return [form === 'text' ? fenced(rest) : rest, ...(goals.length === 0 ? [] : [goals.join('\n')])].join('\n\n');
};

/** A benchmark that fails is a goal that is missed; the others still have their say. */
const outputOf = (file: string): string => {
  const { status, stdout } = spawnSync(process.execPath, [join(import.meta.dirname, file)], {
    encoding: 'utf8',
    timeout: TIMEOUT_MS,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  return status === 0 ? stdout : goal(`bench/${file} runs`, `it ended with ${status ?? 'a signal'}`, false);
};

const sectionText = (section: Section): string => {
  const { file, title, says } = section;
  const from = performance.now();
  process.stderr.write(`bench/${file} …`);
  const output = outputOf(file);
  process.stderr.write(` ${((performance.now() - from) / 1_000).toFixed(0)} s\n`);
  return `## ${title}\n\n${says}\n\nPrinted by \`node bench/${file}\`.\n\n${shown(output, section)}\n`;
};

const [cpu] = cpus();
const machine = [
  `* Date: ${new Date().toISOString().slice(0, 10)}`,
  `* Machine: ${cpus().length} cores, ${cpu?.model.trim() ?? 'unknown'}, ${mebibytes(totalmem())} MiB of memory, ${process.platform} ${process.arch}`,
  `* Node ${process.version}`,
].join('\n');

const main = (): void => {
  const texts = sections.map(sectionText);
  const missed = texts
    .join('\n')
    .split('\n')
    .filter((line) => line.endsWith('**MISSED.**'));
  const verdict =
    missed.length === 0 ? 'Every goal is held.' : `${missed.length} goals are missed:\n\n${missed.join('\n')}`;
  const intro =
    'Written by `npm run bench`; do not edit. Every number is of one run on one machine: the ratios travel, the rest does not.';
  const page = `# Results\n\n${intro}\n\n${machine}\n\n${verdict}\n\n${texts.join('\n')}`;
  writeFileSync(join(import.meta.dirname, 'RESULTS.md'), page);
  process.stdout.write(page);
};

main();
