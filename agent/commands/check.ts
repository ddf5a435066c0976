// `check FILE…`: how many lines of each class, with examples and the version family each file seems to be of. A file that
// cannot be read is told and does not stop the others.
import { createCheck } from '../../collectors/check.ts';
import { createFramer } from '../../collectors/frame.ts';
import { instant } from '../../otel/time.ts';
import { type BareFile, bareFile, blocksOf } from '../bare-files.ts';
import type { CommandFunction } from '../command.ts';
import { openInput } from '../input-files.ts';
import { parserOf } from '../parsers.ts';

const EPOCH = instant(0n);

const readAll = (check: ReturnType<typeof createCheck>, file: BareFile): void => {
  const framer = createFramer(file.source);
  const parser = parserOf(file.source);
  const counting = check.file(file.path, file.source.dialect);
  let position = 0;
  for (const bytes of blocksOf(file.path)) {
    framer.push({ type: 'chunk', source: file.source, bytes, position, arrival: EPOCH, observed: false }, (line) => {
      counting.line(line);
      parser.parse(line, counting.reading);
    });
    position += bytes.length;
  }
  framer.end((line) => {
    counting.line(line);
    parser.parse(line, counting.reading);
  });
  parser.end(counting.reading);
};

export const check: CommandFunction = async ({ paths, settings, out, tell }) => {
  const counted = createCheck();
  let problems = 0;
  for (const path of paths) {
    const input = openInput(path);
    if (input.kind === 'file') {
      readAll(counted, bareFile(input));
      continue;
    }
    problems += 1;
    tell(
      input.kind === 'problem' ? `${input.message}\n` : `${path}: a recording; name its .raw files, or use replay.\n`,
    );
  }
  const nothingRead = problems === paths.length;
  if (settings.json) out(`${JSON.stringify(counted.report())}\n`);
  else if (!nothingRead) out(counted.render());
  if (nothingRead) return 2;
  return problems > 0 ? 1 : 0;
};
