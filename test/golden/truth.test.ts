// What was told of a shipped recording, held against what the client saw: each request came from an address of its own, which
// its access line prints. Tokens are the proof of a right join, because they come from the runner's lines.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { SpanSignal } from '../../otel/signal.ts';
import { replayed } from '../support/replayed.ts';
import { ROOT, read } from '../tidy/sources.ts';

type SeenByClient = {
  readonly client_addr: string;
  readonly model: string | null;
  readonly status: number | null;
  readonly outcome: string;
  readonly eval_count?: number;
  readonly prompt_eval_count?: number;
};

const RECORDINGS = join(ROOT, 'recordings');
const names = readdirSync(RECORDINGS).filter((name) => existsSync(join(RECORDINGS, name, 'truth.json')));

const seenIn = (dir: string): ReadonlyMap<string, SeenByClient> => {
  const { requests }: { requests: readonly SeenByClient[] } = JSON.parse(readFileSync(join(dir, 'truth.json'), 'utf8'));
  return new Map(requests.map((request) => [request.client_addr, request]));
};

describe.each(names)('%s', (name) => {
  const dir = join(RECORDINGS, name);
  const seen = seenIn(dir);
  const spans = replayed(dir).signals.filter(
    (signal): signal is SpanSignal => signal.signal === 'span' && signal.kind === 'server',
  );
  const pairs = spans.flatMap((span) => {
    const truth = seen.get(String(span.attributes['client.address']));
    return truth === undefined ? [] : [{ attributes: span.attributes, truth }];
  });

  test('statuses are those that the client got', () => {
    const wrong = pairs.filter(
      ({ attributes, truth }) => truth.status !== null && attributes['http.response.status_code'] !== truth.status,
    );
    expect(pairs.length).toBeGreaterThan(0);
    expect(wrong).toEqual([]);
  });

  test('no token count that was told is wrong', () => {
    const wrong = pairs.filter(({ attributes, truth }) => {
      const { 'gen_ai.usage.output_tokens': output, 'gen_ai.usage.input_tokens': input } = attributes;
      const isOther = (told: unknown, got: number | undefined): boolean =>
        told !== undefined && got !== undefined && told !== got;
      return (
        truth.outcome === 'ok' && (isOther(output, truth.eval_count) || isOther(input, truth.prompt_eval_count))
      );
    });
    expect(wrong).toEqual([]);
  });

  test('no model that was told is wrong', () => {
    const wrong = pairs.filter(({ attributes, truth }) => {
      const told = attributes['gen_ai.request.model'];
      return told !== undefined && truth.model !== null && told !== truth.model && told !== `${truth.model}:latest`;
    });
    expect(wrong).toEqual([]);
  });

  // Before 0.30 no line of a task is printed: there is nothing to link.
  if (name.includes('0.24')) return;
  test('every answered generation is linked to its task', () => {
    const unlinked = pairs.filter(
      ({ attributes, truth }) =>
        truth.outcome === 'ok' && (truth.eval_count ?? 0) > 0 && attributes['gen_ai.usage.output_tokens'] === undefined,
    );
    expect(unlinked).toEqual([]);
  });
});

test("the README's traces are what the demo gives", () => {
  const block = /```\n(trace [\s\S]*?)```/.exec(read('README.md'))?.[1] ?? '';
  const drawn = block.split('\n').filter((line) => line !== '' && !/^\d\d:\d\d/.test(line));
  const golden = read('test/golden/demo/traces.txt').split('\n');
  expect(drawn.length).toBeGreaterThan(5);
  expect(drawn.filter((line) => !golden.includes(line))).toEqual([]);
});
