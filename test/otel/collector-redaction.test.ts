// The Collector's redaction patterns, read from its configuration: each one hides what it is for, and none of them touches what
// things are joined by, nor a line of the recordings. The real server is asked in collector.real.test.ts.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { attributes } from '../../otel/catalogue/attributes.ts';
import { ROOT } from '../support/program.ts';
import { KEPT, PLANTED } from './collector-secrets.ts';

type Configuration = {
  readonly processors: {
    readonly redaction: { readonly blocked_values: readonly string[]; readonly ignored_keys: readonly string[] };
  };
};
const configuration: Configuration = parse(readFileSync(join(ROOT, 'otel', 'collector.yaml'), 'utf8'));
const { blocked_values: patterns, ignored_keys: ignored } = configuration.processors.redaction;
const MASK = '****';
const masked = (text: string): string =>
  patterns.reduce((rest, pattern) => rest.replace(new RegExp(pattern, 'g'), MASK), text);

describe('what must not pass', () => {
  test.each(PLANTED)('%s', (sentence, secret) => {
    expect(masked(sentence)).not.toContain(secret);
    expect(masked(sentence)).toContain(MASK);
  });

  test.each(PLANTED)('in a list, which is looked at as JSON: %s', (sentence, secret) =>
    expect(masked(JSON.stringify([sentence]))).not.toContain(secret),
  );

  test('every pattern hides something that no other one does', () => {
    const idle = patterns.filter((pattern) => {
      const others = patterns.filter((other) => other !== pattern);
      const without = (text: string): string =>
        others.reduce((rest, other) => rest.replace(new RegExp(other, 'g'), MASK), text);
      return PLANTED.every(([sentence, secret]) => !without(sentence).includes(secret));
    });
    expect(idle).toEqual([]);
  });
});

describe('what must stay', () => {
  test.each(KEPT.map((text) => [text]))('%s', (text) => expect(masked(text)).toBe(text));

  test('every line that the recordings tell', () => {
    const folder = join(ROOT, 'test', 'golden');
    const texts = readdirSync(folder, { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .flatMap((entry) => readdirSync(join(folder, entry.name)).map((name) => join(folder, entry.name, name)));
    expect(texts.length).toBeGreaterThan(20);
    const changed = texts.flatMap((path) =>
      readFileSync(path, 'utf8')
        .split('\n')
        .filter((line) => masked(line) !== line)
        .map((line) => `${path.slice(folder.length + 1)}: ${line} → ${masked(line)}`.slice(0, 400)),
    );
    expect(changed).toEqual([]);
  });

  test('attributes that are told as they are are attributes of the catalogue', () => {
    const known = new Set(Object.keys(attributes));
    expect(ignored.filter((key) => !known.has(key) && key !== 'service.instance.id')).toEqual([]);
  });
});
