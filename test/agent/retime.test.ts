// Slot lines of a log that is read later carry the time of whatever came before them; their request's access line corrects it.
import { expect, test } from 'vitest';
import { createRetime } from '../../agent/retime.ts';
import type { RecordReading } from '../../collectors/reading.ts';
import { isoInstant } from '../../otel/time.ts';
import { readText } from '../support/ollama-lines.ts';

const slog = (clock: string): string =>
  `time=2026-05-09T${clock}Z level=INFO source=sched.go:1 msg="loaded runners" count=1`;
const gin = (clock: string): string =>
  `[GIN] 2026/05/09 - ${clock} | 200 |  2.004s |       127.0.0.1 | POST     "/api/chat"`;
const task = (id: number): readonly string[] => [
  'slot get_availabl: id  0 | task -1 | selected slot by LRU, t_last = -1',
  `slot launch_slot_: id  0 | task ${id} | processing task, is_child = 0`,
  `slot print_timing: id  0 | task ${id} |       total time =    1900.00 ms /   105 tokens`,
  `slot      release: id  0 | task ${id} | stop processing: n_tokens = 104, truncated = 0`,
];

/** `21:41:30.100 task.launched` of every reading, in the order in which they were passed on. */
const retimed = (lines: readonly string[], observed = false): readonly string[] => {
  const passed: string[] = [];
  const keep = (reading: RecordReading): void => {
    passed.push(`${isoInstant(reading.at).slice(11, 23)} ${reading.type === 'line' ? reading.name : reading.kind}`);
  };
  const retime = createRetime(keep);
  for (const reading of readText(`${lines.join('\n')}\n`, { observed })) retime.reading(reading);
  retime.flush();
  return passed;
};

test('after an idle minute a request’s lines go to its own time, the first ones back by what it took', () => {
  expect(retimed([slog('21:40:03'), ...task(0), gin('21:41:32')])).toEqual([
    '21:40:03.000 runner.count',
    '21:41:30.100 task.slot_selected',
    '21:41:30.100 task.launched',
    '21:41:32.000 task.total_timing',
    '21:41:32.000 task.released',
    '21:41:32.000 http.access',
  ]);
});

test('times that are right to a second stay as they are', () => {
  const near = retimed([slog('21:40:31'), ...task(0), gin('21:40:32')]);
  expect(near.slice(1, 5).map((line) => line.slice(0, 8))).toEqual(Array(4).fill('21:40:31'));
});

test('a task that runs on at the next time began before it, whatever tells that time', () => {
  const [slot = '', launch = '', ...ending] = task(0);
  const poll = gin('21:41:20').replace('POST     "/api/chat"', 'GET      "/api/tags"');
  for (const between of [slog('21:41:20'), poll]) {
    const told = retimed([slog('21:40:03'), slot, launch, between, ...ending, gin('21:41:32')]);
    expect(told.map((line) => line.slice(0, 8))).toEqual([
      '21:40:03',
      '21:41:20',
      '21:41:20',
      '21:41:20',
      '21:41:32',
      '21:41:32',
      '21:41:32',
    ]);
  }
});

test('lines that came after the access line of their request stay with it', () => {
  const [slot = '', launch = '', ...ending] = task(0);
  const told = retimed([slog('21:40:03'), slot, launch, gin('21:41:32'), ...ending, gin('23:00:00')]);
  expect(told.slice(1, 6).map((line) => line.slice(0, 8))).toEqual(Array(5).fill('21:41:32'));
});

test('a line between the lines of a task goes with them, one that is no task’s stays', () => {
  const noise = 'srv  update_slots: all slots are idle';
  const told = retimed([slog('21:40:03'), noise, ...task(0), noise, gin('21:41:32')]);
  expect(told[1]).toMatch(/^21:40:03/);
  expect(told[6]).toMatch(/^21:41:32/);
});

test('a live follower’s arrivals are never touched', () => {
  const lines = [slog('21:40:03'), ...task(0), gin('21:41:32')];
  expect(retimed(lines, true).slice(1, 5)).toEqual(
    readText(`${lines.join('\n')}\n`, { observed: true })
      .slice(1, 5)
      .map(
        (reading) => `${isoInstant(reading.at).slice(11, 23)} ${reading.type === 'line' ? reading.name : reading.kind}`,
      ),
  );
});

test('lines that nothing follows are passed on after a tick without lines', () => {
  const passed: RecordReading[] = [];
  const retime = createRetime((reading) => passed.push(reading));
  const readings = readText(`${[slog('21:40:03'), ...task(0)].join('\n')}\n`);
  for (const reading of readings) retime.reading(reading);
  retime.tick();
  expect(passed).toHaveLength(1);
  retime.tick();
  expect(passed).toEqual(readings);
});
