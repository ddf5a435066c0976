// Runners that die: which one it was, told once, and what is no crash.
import { describe, expect, test } from 'vitest';
import { at, BLOBS, factsOfType, listening, load, slog, starting, story } from './requests-story.ts';

describe('crashes', () => {
  test('printed twice, told once, with the runner when there is only one', () => {
    const gone = slog(
      900,
      'WARN',
      'msg="llama-server process no longer running" sys=11 string="signal: segmentation fault"',
    );
    const told = story([listening(0), load(100, 'wren', 40_001), gone, gone, load(901, 'wren', 40_002)]);
    expect(factsOfType(told, 'runner.crashed')).toMatchObject([{ runner: { key: '1/1' }, model: { name: 'wren:1b' } }]);
    expect(factsOfType(told, 'model.unloaded')).toMatchObject([{ reason: 'crashed' }]);
    expect(factsOfType(told, 'model.loaded')).toHaveLength(2);
  });

  test('of two runners the crashed one shows when its model is loaded again', () => {
    const gone = slog(1_900, 'WARN', 'msg="llama-server process no longer running" sys=9 string="signal: killed"');
    const told = story([
      listening(0),
      load(100, 'wren', 40_001),
      load(600, 'finch', 40_002),
      gone,
      load(1_901, 'wren', 40_003),
    ]);
    expect(factsOfType(told, 'runner.crashed')).toMatchObject([{ runner: { key: '1/1' }, model: { name: 'wren:1b' } }]);
    expect(factsOfType(told, 'model.unloaded')).toMatchObject([{ reason: 'crashed', runner: { key: '1/1' } }]);
  });

  const dead = (ms: number) =>
    slog(ms, 'ERROR', 'msg="llama-server terminated" error="signal: aborted (core dumped)" exit=unknown');
  const hungUp = (ms: number, port: number) =>
    slog(
      ms,
      'ERROR',
      `msg="llama-server completion error" error="Post \\"http://127.0.0.1:${port}/completion\\": EOF"`,
    );
  const two = [listening(0), load(100, 'wren', 40_001), load(600, 'finch', 40_002)];

  test('of two runners the crashed one is that whose port the failed request names', () => {
    const told = story([two, dead(2_000), hungUp(2_001, 40_002), hungUp(2_002, 40_002)]);
    expect(factsOfType(told, 'runner.crashed')).toMatchObject([
      { runner: { key: '1/2' }, model: { name: 'finch:1b' } },
    ]);
    expect(factsOfType(told, 'model.unloaded')).toMatchObject([{ reason: 'crashed', runner: { key: '1/2' } }]);
  });

  test('«no longer running» when the crashed model is asked for again does not blame the runner that is left', () => {
    const gone = slog(9_000, 'WARN', 'msg="llama-server process no longer running" sys=6 string="signal: aborted"');
    const told = story([two, dead(2_000), hungUp(2_001, 40_002), gone, gone, load(9_001, 'finch', 40_003)]);
    expect(factsOfType(told, 'runner.crashed')).toHaveLength(1);
    expect(factsOfType(told, 'model.unloaded')).toHaveLength(1);
  });

  test('a load that runs out of memory is no crash of the model that is loaded', () => {
    const error = 'error="llama-server process has terminated: exit status 1: cudaMalloc failed: out of memory"';
    const told = story([
      listening(0),
      load(100, 'wren', 40_001),
      starting(900, 'finch', 40_002),
      slog(1_200, 'ERROR', 'msg="llama-server terminated" error="exit status 1" exit="exit status 1"'),
      slog(1_200, 'INFO', `msg="Load failed" model=/models/blobs/sha256-${BLOBS.finch} ${error}`),
    ]);
    expect(factsOfType(told, 'runner.crashed')).toEqual([]);
    expect(factsOfType(told, 'model.unloaded')).toEqual([]);
    expect(factsOfType(told, 'model.load_failed')).toMatchObject([{ runner: { key: '1/2' } }]);
  });

  test('a crash that nothing names is told without a runner', () => {
    const told = story([two, dead(2_000)], { endMs: 9_000 });
    expect(factsOfType(told, 'runner.crashed')).toMatchObject([{ at: at(2_000), model: {} }]);
    expect(factsOfType(told, 'model.unloaded')).toEqual([]);
  });

  test('an idle runner that its server kills to unload it did not crash', () => {
    const killed = slog(900, 'ERROR', 'msg="llama-server terminated" error="signal: killed" exit=unknown');
    const told = story([listening(0), load(100, 'wren', 40_001), killed]);
    expect(factsOfType(told, 'runner.crashed')).toEqual([]);
    expect(factsOfType(told, 'model.unloaded')).toMatchObject([{ reason: 'unknown' }]);
  });
});
