// The soul of the suite: for each shipped recording of a real Ollama, what Prometheus would scrape, what Loki would show and
// what Jaeger would draw. Read them when they change: they are what people see.
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { rechunk } from '../../collectors/sources/recording.ts';
import { ROOT } from '../tidy/sources.ts';
import { expectGolden } from '../support/golden.ts';
import { type Replayed, replayed } from '../support/replayed.ts';
import { renderGoldens, type ThreeTexts } from '../support/three-texts.ts';

const RECORDINGS = join(ROOT, 'recordings');
const names = readdirSync(RECORDINGS).filter((name) => existsSync(join(RECORDINGS, name, 'recording.json')));

test('there are recordings to replay', () => {
  expect(names).toContain('demo');
});

/** Classes whose lines are counted below the text instead of shown: hundreds of them say nothing by themselves. */
const COUNTED: ReadonlySet<unknown> = new Set(['noise', 'continuation']);

const textsOf = ({ signals, scrape, resource }: Replayed): ThreeTexts => {
  const counts = new Map<string, number>();
  const shown = signals.filter((signal) => {
    if (signal.signal !== 'log') return true;
    const { 'ollascope.line.class': lineClass, 'ollascope.line.name': name } = signal.attributes;
    if (!COUNTED.has(lineClass)) return true;
    const key = `${lineClass} ${name}`;
    counts.set(key, (counts.get(key) ?? 0) + 1);
    return false;
  });
  const texts = renderGoldens(shown, scrape, resource);
  const rest = [...counts].sort(([a], [b]) => (a < b ? -1 : 1)).map(([key, count]) => `${key}: ${count} lines\n`);
  return { ...texts, logs: `${texts.logs}\nNot shown:\n${rest.join('')}` };
};

describe.each(names)('%s', (name) => {
  const dir = join(RECORDINGS, name);
  const texts = textsOf(replayed(dir));

  test('what Prometheus would scrape', () => expectGolden(`${name}/metrics.prom`, texts.metrics));
  test('what Loki would show', () => expectGolden(`${name}/logs.txt`, texts.logs));
  test('what Jaeger would draw', () => expectGolden(`${name}/traces.txt`, texts.traces));

  test('any chunking tells the same', () => {
    const sizes = [1, 7, 4_096, 64, 300];
    let turn = 0;
    const again = replayed(dir, (recording) =>
      rechunk(recording.events(), () => {
        turn += 1;
        return sizes[turn % sizes.length] ?? 1;
      }),
    );
    expect(textsOf(again)).toEqual(texts);
  });
});
