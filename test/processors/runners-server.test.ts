// The server around the runners: its starts and settings, the list of resident models, the bound.
import { describe, expect, test } from 'vitest';
import { RUNNERS_MAX } from '../../processors/limits.ts';
import { factsOfType, listening, load, slog, started, story } from './requests-story.ts';

describe('server', () => {
  test('a start carries version and settings, and ends what ran', () => {
    const config = slog(-10, 'INFO', 'msg="server config" env="map[OLLAMA_KEEP_ALIVE:5m0s OLLAMA_NUM_PARALLEL:2]"');
    const told = story([
      config,
      listening(0),
      load(100, 'wren', 40_001),
      listening(5_000, '0.34.5'),
      load(5_100, 'wren', 40_002),
    ]);
    expect(factsOfType(told, 'server.started').map(({ version }) => version)).toEqual(['0.34.4', '0.34.5']);
    expect(factsOfType(told, 'server.started')[0]?.settings).toMatchObject({ OLLAMA_NUM_PARALLEL: '2' });
    expect(factsOfType(told, 'model.unloaded')).toMatchObject([{ reason: 'server_stopped', runner: { key: '1/1' } }]);
    expect(factsOfType(told, 'model.loaded').map(({ runner }) => runner.key)).toEqual(['1/1', '2/1']);
  });

  test('the resident models follow loads and unloads', () => {
    const told = story([listening(0), load(100, 'wren', 40_001), load(900, 'wren', 40_002, { context: 8192 })]);
    expect(factsOfType(told, 'models.resident').map(({ models }) => models.map(({ name }) => name))).toEqual([
      ['wren:1b'],
      [],
      ['wren:1b'],
    ]);
  });

  test('runners beyond the bound: the oldest ends', () => {
    const blob = (n: number): string => n.toString(16).padStart(64, '0');
    const many = Array.from({ length: RUNNERS_MAX + 2 }, (_, n) => [
      slog(
        10 * n,
        'INFO',
        `msg="starting llama-server" cmd="/opt/ollama/llama-server --model /models/blobs/sha256-${blob(n)} --port ${20_000 + n} -c 4096 -np 1"`,
      ),
      started(10 * n + 5, '0.01'),
    ]);
    const told = story([listening(-10), many]);
    expect(factsOfType(told, 'model.unloaded')).toHaveLength(2);
  });
});
