// Parameters of stored questions: whatever a value contains, it stays a value.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fill, type ParameterTable, parametersIn } from '../../loki/parameters.ts';
import { parseLogql } from '../support/logql.ts';

const table = {
  model: { form: 'pattern', what: 'model', example: 'tiny', default: '.*' },
  reason: { form: 'text', what: 'reason', example: 'oom' },
  trace: { form: 'id', what: 'trace', example: '0af7651916cd43dd8448eb211c80319c' },
  slow: { form: 'number', what: 'seconds', example: '5', default: '1' },
  window: { form: 'duration', what: 'width', example: '5m', default: '1h' },
} as const satisfies ParameterTable;

const filled = (text: string, given: { readonly [name: string]: string }): string => {
  const result = fill(text, table, given);
  if ('problems' in result) throw new Error(result.problems.join('; '));
  return result.text;
};

describe('parameters of a stored question', () => {
  it('takes defaults, and puts what is given in their place', () => {
    const text = '{a=~"$model"} | b > $slow [$window]';
    expect(parametersIn(text)).toEqual(['model', 'slow', 'window']);
    expect(filled(text, {})).toBe('{a=~".*"} | b > 1 [1h]');
    expect(filled(text, { model: 'llama3.2:*', slow: '2.5' })).toBe('{a=~"llama3\\\\.2:.*"} | b > 2.5 [1h]');
  });

  it('reads a lone * as anything, as the default does', () => {
    expect(filled('{a=~"$model"}', { model: '*' })).toBe('{a=~".*"}');
  });

  it.each([
    ['trace', 'abc" or 1=1', /trace: expected 16 to 64 hexadecimal digits/],
    ['slow', '1 or true', /slow: expected a number/],
    ['window', '5m] offset 1h', /window: expected a duration/],
    ['wind', '5m', /wind: expected one of model, trace, slow, window/],
  ])('refuses %s=%s', (name, value, problem) => {
    const result = fill('$model $trace $slow $window', table, { [name]: value });
    expect('problems' in result && result.problems.join('; ')).toMatch(problem);
  });

  it('says which parameter is missing', () => {
    expect(fill('$trace', table, {})).toEqual({
      problems: ['trace: expected 16 to 64 hexadecimal digits (trace), found nothing; give it by --param trace=VALUE'],
    });
    expect(fill('$model', table, {}, ['model'])).toHaveProperty('problems');
  });

  it('keeps any text inside its quotes: injection', () => {
    const bare = parseLogql('{service_name="x"} | b=~"" | c=""');
    fc.assert(
      fc.property(fc.string({ minLength: 1, unit: 'grapheme' }), (value) => {
        const query = filled('{service_name="x"} | b=~"$model" | c="$reason"', { model: value, reason: value });
        expect(parseLogql(query)).toEqual(bare);
      }),
    );
    const nasty = '"} | line_format "{{.trace_id}}" | a="';
    expect(
      parseLogql(filled('{service_name="x"} | b=~"$model" | c="$reason"', { model: nasty, reason: nasty })),
    ).toEqual(bare);
  });

  it('matches the value itself and nothing else, but for *', () => {
    const pattern = (value: string): RegExp => {
      const text = filled('"$model"', { model: value });
      return new RegExp(`^(?:${String(JSON.parse(text))})$`, 's');
    };
    fc.assert(
      fc.property(fc.string({ minLength: 2 }), (value) => {
        expect(pattern(value).test(value)).toBe(true);
        if (!value.includes('*')) expect(pattern(value).test(`${value}x`)).toBe(false);
      }),
    );
    expect(pattern('llama*').test('llama3.2:3b')).toBe(true);
    expect(pattern('llama3.2').test('llama3x2')).toBe(false);
  });

  it('does not look into what it put in', () => {
    expect(filled('"$model" $slow', { model: '$slow' })).toBe('"\\\\$slow" 1');
  });
});
