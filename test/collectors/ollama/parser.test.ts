// The parser over whole texts: glued, torn, wrapped and multi-line records.
import { describe, expect, test } from 'vitest';
import type { Line } from '../../../collectors/line.ts';
import { createOllamaParser } from '../../../collectors/ollama/parser.ts';
import type { RecordReading } from '../../../collectors/reading.ts';
import { addSeconds } from '../../../otel/time.ts';
import { BASE, framed, readText, SOURCE, told } from '../../support/ollama-lines.ts';

const GIN = '[GIN] 2026/03/04 - 05:06:07 | 200 |   1.500000000s |       127.0.0.1 | POST     "/api/chat"';
const RUNNERS = 'time=2026-03-04T05:06:07.890Z level=INFO source=sched.go:561 msg="loaded runners" count=2';
const kinds = (text: string): readonly string[] => readText(text).map(told);

describe('glued', () => {
  test('after progress dots', () => {
    expect(kinds(`.....${GIN}\n..${RUNNERS}\n`)).toEqual([
      'noise load_dots',
      'matched http.access',
      'noise load_dots',
      'matched runner.count',
    ]);
    expect(readText(`.....${GIN}\n`)[1]?.offset).toBe(5);
  });

  test('three records in one line', () => {
    expect(kinds(`${GIN}${RUNNERS}${GIN}\n`)).toEqual([
      'matched http.access',
      'matched runner.count',
      'matched http.access',
    ]);
  });

  test('after a progress bar that draws itself over', () => {
    expect(kinds(`pulling 10%\rpulling 20%\r${GIN}\n`)).toEqual(['noise progress', 'matched http.access']);
  });

  test('not inside quotes, and not inside model-supplied text', () => {
    const forged = GIN.replaceAll('"', '\\"');
    expect(
      kinds(`time=2026-03-04T05:06:07.890Z level=INFO source=a.go:1 msg="loaded runners" count=2 x="${forged}"\n`),
    ).toEqual(['matched runner.count']);
    expect(kinds(`llama_model_loader: - kv   2:  general.name str = ${GIN}\n`)).toEqual(['noise model_loader']);
  });
});

describe('torn', () => {
  test('a timing cut by an access line is put together', () => {
    const text = [
      `slot print_timing: id  1 | task 617 | prompt eval time =       1.89 ms /    34 tokens (    0.06 ms per token, 17970.40 tokens pe${GIN}`,
      'r second)',
      'slot print_timing: id  1 | task 617 |       total time =       3.00 ms /    40 tokens',
    ].join('\n');
    const readings = readText(text);
    expect(readings.map(told)).toEqual([
      'continuation torn',
      'matched http.access',
      'matched task.prefill_timing',
      'matched task.total_timing',
    ]);
    expect(readings[2]).toMatchObject({
      fields: { slot: 1, task: 617, durationMs: 1.89, tokens: 34 },
      body: undefined,
    });
  });

  test("one child's line inside another's", () => {
    const text = [
      'srv        updaslot      release: id  0 | task 9 | stop processing: n_tokens = 5, truncated = 0',
      'te:    - prompt 0x5555: 51 tokens',
    ].join('\n');
    expect(kinds(text)).toEqual(['continuation torn', 'matched task.released', 'continuation torn_tail']);
  });

  test("one child's server line inside another's", () => {
    expect(
      kinds('srv        update:    - prompt 0x55: 199 tokens, checkpoints: srv  server_strea: conv_id= (empty=1)\n'),
    ).toEqual(['noise prompt_cache', 'matched task.received']);
  });

  test('a part that nothing completes is told as torn', () => {
    expect(kinds(`slot print_timing: id  1 | task 6 | prompt eval ti${GIN}\n`)).toEqual([
      'continuation torn',
      'matched http.access',
      'malformed torn',
    ]);
  });

  test('a record whose quote never closes', () => {
    expect(kinds(`time=2026-03-04T05:06:07.890Z level=INFO source=a.go:1 msg="loaded run\n${GIN}\n`)).toEqual([
      'malformed torn',
      'matched http.access',
    ]);
  });
});

describe('wrapped by PowerShell', () => {
  const text = [
    'ollama.exe : time=2026-03-04T05:06:07.890+01:00 level=INFO source=types.go:42 msg="inference compute" ',
    'id=GPU-0a0b0c0d-1111-2222-3333-444455556666 library=CUDA compute=8.6 name=CUDA0 description="NVIDIA ',
    'RTX A1" driver=13.1 pci_id=0000:0a:00.0 total="24.0 GiB"',
    'In C:\\scripts\\serve.ps1:10 car:1',
    '+ & ollama serve 2>&1 | Out-File -FilePath $log',
    '    + CategoryInfo          : NotSpecified: (time=2026...)',
    ' ',
    GIN,
    'llama_model_loader: loaded meta data with 34 key-value pairs and 338 tensors from ',
    'C:\\models\\x (version ',
    'GGUF V3 (latest))',
  ].join('\r\n');

  test('one record of three lines, the error block, wrapped raw lines', () => {
    const readings = readText(text);
    expect(readings.map(told)).toEqual([
      'noise powershell',
      'matched gpu.discovered',
      'continuation wrapped',
      'continuation wrapped',
      'continuation powershell',
      'continuation powershell',
      'continuation powershell',
      'noise blank',
      'matched http.access',
      'noise model_loader',
      'continuation wrapped',
      'continuation wrapped',
    ]);
    expect(readings[1]).toMatchObject({ fields: { description: 'NVIDIA RTX A1', pciBus: '0000:0a:00' } });
  });

  test('a held record is told by the tick, a second after its line', () => {
    const parser = createOllamaParser(SOURCE);
    const readings: RecordReading[] = [];
    const keep = (reading: RecordReading): void => {
      readings.push(reading);
    };
    for (const line of framed(new TextEncoder().encode(`${RUNNERS} \n`))) parser.parse(line, keep);
    parser.tick(addSeconds(BASE, 0.75), keep);
    expect(readings).toEqual([]);
    parser.tick(addSeconds(BASE, 1), keep);
    expect(readings.map(told)).toEqual(['matched runner.count']);
  });
});

describe('blocks', () => {
  test('a dump is one record, told when it ends, other lines between', () => {
    const text = [
      'CUDA error: an illegal memory access was encountered',
      '  current device: 1, in function f at /x/ggml-cuda.cu:2845',
      '  cudaStreamSynchronize(stream)',
      '/x/ggml-cuda.cu:94: CUDA error',
      'SIGABRT: abort',
      'PC=0x7f3c m=11 sigcode=18446744073709551610',
      'signal arrived during cgo execution',
      '',
      'goroutine 12 gp=0xc0 m=11 mp=0xc0 [syscall]:',
      'runtime.cgocall(0x55e0, 0xc000)',
      '\truntime/cgocall.go:167 +0x4b fp=0xc0 sp=0xc0 pc=0x55',
      GIN,
      'goroutine 13 gp=0xc1 [select]:',
      'rax    0x0',
    ].join('\n');
    const readings = readText(text);
    expect(readings.map(told)).toEqual([
      'matched runner.device_error',
      'continuation device_error',
      'continuation device_error',
      'continuation device_error',
      ...Array.from({ length: 7 }, () => 'continuation crash_dump'),
      'matched http.access',
      'continuation crash_dump',
      'continuation crash_dump',
      'matched runner.crash_dump',
    ]);
    expect(readings.at(-1)).toMatchObject({ fields: { signal: 'SIGABRT', lines: 9, goroutines: 2 } });
  });

  test('the chat template example claims what it holds, and ends', () => {
    const text = [
      "srv          init: init: chat template, example_format: '<|im_start|>system",
      'slog me',
      '[not a record]',
      "print_info: x'",
      'srv  update_slots: all slots are idle',
    ].join('\n');
    expect(kinds(text)).toEqual([
      'noise chat_template',
      'continuation chat_template',
      'continuation chat_template',
      'continuation chat_template',
      'matched slots.idle',
    ]);
  });

  test("gin's recovery block keeps the request's dump at home", () => {
    const text = [
      '\x1b[31m2026/03/04 05:06:07 [Recovery] 2026/03/04 - 05:06:07 panic recovered:',
      'POST /api/chat HTTP/1.1',
      'X-Key: hidden',
      '',
      'runtime error: x',
      '\x1b[0m',
      'srv  update_slots: all slots are idle',
    ].join('\n');
    const readings = readText(text);
    expect(readings.map(told)).toEqual([
      'matched request.panic',
      ...Array.from({ length: 4 }, () => 'continuation recovery'),
      'noise blank',
      'matched slots.idle',
    ]);
    expect(readings.some((reading) => reading.body?.includes('hidden'))).toBe(false);
  });

  test('the end of the stream ends a dump', () => {
    const parser = createOllamaParser(SOURCE);
    const readings: RecordReading[] = [];
    const keep = (reading: RecordReading): void => {
      readings.push(reading);
    };
    for (const line of framed(new TextEncoder().encode('panic: boom\n\ngoroutine 1 [running]:\n')))
      parser.parse(line, keep);
    parser.notice({ type: 'notice', kind: 'rotated', source: SOURCE, at: BASE, detail: '' }, keep);
    expect(readings.at(-1)).toMatchObject({
      kind: 'runner.crash_dump',
      fields: { signal: 'panic', lines: 3, goroutines: 1 },
    });
  });
});

test('every line gives at least one reading, with its own line or told late', () => {
  const text = ['', 'x', GIN, RUNNERS, '....', 'slot a', '\0\0'].join('\n');
  const lines = framed(new TextEncoder().encode(text));
  const seen = new Set<Line>();
  const parser = createOllamaParser(SOURCE);
  for (const line of lines) parser.parse(line, (reading) => seen.add(reading.line));
  parser.end((reading) => seen.add(reading.line));
  expect(seen.size).toBe(lines.length);
});
