// Bare files: which sources a file is, and how several are told in one order.
import { afterAll, expect, test } from 'vitest';
import { bareFilesOf, firstTimeOf, mergeBareFiles } from '../../agent/bare-files.ts';
import { openInput } from '../../agent/input-files.ts';
import { parserOf } from '../../agent/parsers.ts';
import { UNKNOWN_TIME } from '../../agent/replay.ts';
import { createScratch } from '../support/scratch.ts';

const scratch = createScratch();
afterAll(scratch.remove);

const opened = (name: string, text: string) => {
  const input = openInput(scratch.write(name, text));
  return input.kind === 'file' ? input : expect.fail('expected a file');
};

const JOURNAL = [
  'Mar 03 10:00:00 rig ollama[71]: [GIN] 2026/03/03 - 10:00:00 | 200 |  2.000000001s |       127.0.0.1 | POST     "/api/chat"',
  "Mar 03 10:00:01 rig kernel: NVRM: Xid (PCI:0000:3b:00): 79, pid='<unknown>', name=<unknown>, GPU has fallen off the bus.",
  'Mar 03 10:00:02 rig ollama[71]: time=2026-03-03T10:00:02.000Z level=INFO source=sched.go:1 msg="loaded runners" count=1',
  '',
].join('\n');

test("a journal of a whole host is read as Ollama's log and as the kernel's, in the order of its times", () => {
  const files = bareFilesOf(opened('journal.log', JOURNAL));
  expect(files.map(({ source }) => source.dialect).sort()).toEqual(['kernel', 'ollama']);
  // The kernel's stamps have no year: the other log's times give it.
  const base = firstTimeOf(files, UNKNOWN_TIME, parserOf) ?? UNKNOWN_TIME;
  const kinds = [...mergeBareFiles(files, base, parserOf)].flatMap((reading) =>
    reading.type === 'line' ? [] : [reading.kind],
  );
  expect(kinds).toEqual(['http.access', 'xid', 'runner.count']);
});

test('a log of one program is one source', () => {
  const lines = JOURNAL.split('\n').filter((line) => !line.includes('kernel'));
  expect(bareFilesOf(opened('ollama.log', lines.join('\n'))).map(({ source }) => source.dialect)).toEqual(['ollama']);
});
