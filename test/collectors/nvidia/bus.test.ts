import fc from 'fast-check';
import { expect, test } from 'vitest';
import { normaliseBus } from '../../../collectors/nvidia/bus.ts';
import { baseNameOf } from '../../../collectors/nvidia/process-name.ts';

test.each([
  ['00000000:3B:00.0', '0000:3b:00'],
  ['0000:3b:00.0', '0000:3b:00'],
  ['PCI:0000:3b:00', '0000:3b:00'],
  ['3B:1c.7', '0000:3b:1c'],
  ['00000008:01:00.0', '0008:01:00'],
  ['00010000:01:00.0', '00010000:01:00'],
])('%s is %s', (text, bus) => {
  expect(normaliseBus(text)).toBe(bus);
});
test.each(['', 'GPU-0', '0000:3b', '0000:3b:00.9', '0000-3b-00', 'x0000:3b:00'])('%j is no bus', (text) => {
  expect(normaliseBus(text)).toBeUndefined();
});
test('normalising twice changes nothing, whatever the text', () => {
  const hex = (size: number) =>
    fc.string({ unit: fc.constantFrom(...'0123456789abcdefABCDEF'), minLength: size, maxLength: size });
  const bus = fc.tuple(fc.oneof(hex(4), hex(8)), hex(2), hex(2)).map((parts) => parts.join(':'));
  fc.assert(
    fc.property(fc.oneof(bus, fc.string()), (text) => {
      const once = normaliseBus(text);
      expect(once === undefined ? undefined : normaliseBus(once)).toBe(once);
    }),
  );
});
test('no base name of a path holds a separator', () => {
  fc.assert(
    fc.property(fc.string(), (path) => {
      expect(baseNameOf(path)).not.toMatch(/[/\\]/);
    }),
  );
});
