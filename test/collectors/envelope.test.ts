// Envelopes: what journald, docker, kubectl and CRI put around a line comes off, with its stamp and its writer.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createEnvelope, type Opened } from '../../collectors/envelope.ts';
import { isoInstant } from '../../otel/time.ts';
import { readText, told } from '../support/ollama-lines.ts';

const opened = (...lines: readonly string[]): readonly Opened[] => {
  const envelope = createEnvelope();
  return lines.map((line) => envelope.open(line));
};
const stamp = (one: Opened | undefined): string | undefined =>
  one === undefined || one === 'partial' || one.at === undefined ? undefined : isoInstant(one.at, 9);

describe('each form', () => {
  test('a plain line is itself', () => {
    expect(
      opened('slot      release: id  0 | task 1 | stop', '{"function":"x"}', '2026/01/02 10:00:00 a.go:1: b'),
    ).toEqual([
      { text: 'slot      release: id  0 | task 1 | stop' },
      { text: '{"function":"x"}' },
      { text: '2026/01/02 10:00:00 a.go:1: b' },
    ]);
  });

  test('docker compose, padded', () => {
    expect(opened('ollama-1  | text', 'db-1      | ', 'ollama-1  |')).toMatchObject([
      { text: 'text', program: 'ollama-1' },
      { text: '', program: 'db-1' },
      { text: '', program: 'ollama-1' },
    ]);
  });

  test('docker logs -t and CRI keep nanoseconds', () => {
    const [docker] = opened('2026-05-04T03:02:01.123456789Z text');
    expect([stamp(docker), docker]).toMatchObject(['2026-05-04T03:02:01.123456789Z', { text: 'text' }]);
    const [cri] = opened('2026-05-04T03:02:01.5+02:00 stderr F text');
    expect([stamp(cri), cri]).toMatchObject(['2026-05-04T01:02:01.500000000Z', { text: 'text', stream: 'stderr' }]);
  });

  test('CRI pieces are joined per stream', () => {
    const at = '2026-05-04T03:02:01.5Z';
    expect(opened(`${at} stderr P one `, `${at} stdout F other`, `${at} stderr F two`)).toMatchObject([
      'partial',
      { text: 'other' },
      { text: 'one two', stream: 'stderr' },
    ]);
  });

  test('json-file pieces of 16 KiB are joined', () => {
    const line = (log: string): string =>
      JSON.stringify({ log, stream: 'stdout', time: '2026-05-04T03:02:01.000000001Z' });
    const [first, second] = opened(line('one '), line('two\n'));
    expect(first).toBe('partial');
    expect([stamp(second), second]).toMatchObject(['2026-05-04T03:02:01.000000001Z', { text: 'one two' }]);
  });

  test('journalctl: short, localised month, short-iso, json', () => {
    expect(opened('Mar 04 05:06:07 host ollama[12]: text')).toEqual([{ text: 'text', program: 'ollama' }]);
    expect(opened('7月 21 05:06:07 host ollama[12]: text')).toEqual([{ text: 'text', program: 'ollama' }]);
    const [iso] = opened('2026-03-04T05:06:07+0200 host ollama[12]: text');
    expect([stamp(iso), iso]).toMatchObject(['2026-03-04T03:06:07.000000000Z', { coarse: true, program: 'ollama' }]);
    const [json] = opened('{"__REALTIME_TIMESTAMP":"1784628000123456","SYSLOG_IDENTIFIER":"ollama","MESSAGE":"text"}');
    expect([stamp(json), json]).toMatchObject(['2026-07-21T10:00:00.123456000Z', { text: 'text', program: 'ollama' }]);
  });

  test('journald gives bytes where the text has colours', () => {
    const [one] = opened(JSON.stringify({ __REALTIME_TIMESTAMP: '1', MESSAGE: [0x1b, 0x5b, 0x6d, 0x61] }));
    expect(one).toMatchObject({ text: '\x1b[ma' });
  });

  test('copied from Docker Desktop', () => {
    expect(
      opened('2026-03-04 05:06:07 hub-ollama-1   | text', '2026-03-04 05:06:07 text', '2026-03-04 05:06:07,825 - x'),
    ).toEqual([{ text: 'text', program: 'hub-ollama-1' }, { text: 'text' }, { text: '2026-03-04 05:06:07,825 - x' }]);
  });

  test('kubectl logs --prefix', () => {
    expect(opened('[pod/llm-0/server] text')).toEqual([{ text: 'text', program: 'server' }]);
  });
});

describe('choice', () => {
  test('another form in the middle is found again', () => {
    expect(opened('ollama-1  | a', 'plain text', '2026-05-04T03:02:01.123456789Z b')).toMatchObject([
      { text: 'a' },
      { text: 'plain text' },
      { text: 'b' },
    ]);
  });

  test('never throws, whatever the line', () => {
    const envelope = createEnvelope();
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.json(),
          fc.string().map((text) => `{"log"${text}`),
        ),
        (text) => {
          const one = envelope.open(text);
          expect(one === 'partial' || typeof one.text === 'string').toBe(true);
        },
      ),
    );
  });

  test('other programs of a shared log are known as such; one that writes Ollama records is Ollama', () => {
    const text = [
      'web-1  | ERROR: Traceback (most recent call last):',
      'llm-1  | [GIN] 2026/03/04 - 05:06:07 | 200 |  1.5ms |  127.0.0.1 | GET      "/api/tags"',
      'llm-1  | srv  update_slots: all slots are idle',
      'web-1  | INFO:     started',
    ].join('\n');
    expect(readText(text).map(told)).toEqual([
      'noise other_program',
      'matched http.access',
      'matched slots.idle',
      'noise other_program',
    ]);
  });
});
