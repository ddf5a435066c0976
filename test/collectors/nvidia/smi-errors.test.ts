import { describe, expect, test } from 'vitest';
import { createDmonParser } from '../../../collectors/nvidia/dmon.ts';
import { smiFailureOf } from '../../../collectors/nvidia/smi-errors.ts';
import { nameOf, readAll, sourceOf } from './feed.ts';

describe('failure texts', () => {
  test.each([
    [
      'Unable to determine the device handle for GPU 0000:5E:00.0: GPU is lost.  Reboot the system to recover this GPU',
      'lost',
      '0000:5e:00',
    ],
    ['Unable to determine the device handle for GPU 0000:5E:00.0: Unknown Error', 'unknown_error', '0000:5e:00'],
    ['Unable to determine the device handle for GPU0000:5E:00.0: Unknown Error', 'unknown_error', '0000:5e:00'],
    ['Unable to determine the device handle for GPU3: 0000:5E:00.0: Not Found', 'not_found', '0000:5e:00'],
    ['WARNING: infoROM is corrupted at gpu 0000:5E:00.0', 'inforom_corrupted', '0000:5e:00'],
    ['Failed to initialize NVML: Driver/library version mismatch', 'driver_mismatch', undefined],
    ['Failed to initialize NVML: Unknown Error', 'unknown_error', undefined],
    ['Failed to initialize NVML: N/A', 'not_available', undefined],
    ['Failed to initialize NVML: GPU access blocked by the operating system', 'blocked', undefined],
    ['Failed to initialize NVML: Insufficient Permissions', 'no_permission', undefined],
    ['Failed to initialize NVML: words of a later driver', 'other', undefined],
    ['Failed to properly shut down NVML: Driver Not Loaded', 'no_driver', undefined],
    [
      "NVIDIA-SMI has failed because it couldn't communicate with the NVIDIA driver. Make sure that …",
      'no_driver',
      undefined,
    ],
    ["NVIDIA-SMI couldn't find libnvidia-ml.so library in your system.", 'no_library', undefined],
    ['No devices were found', 'no_devices', undefined],
    ['Not supported on the device(s)', 'not_supported', undefined],
    ['Failed to process command line', 'bad_argument', undefined],
    ['Field "power.drow" is not a valid field to query.', 'bad_argument', undefined],
  ])('%s', (text, errorType, bus) => {
    expect(smiFailureOf(text)).toEqual(bus === undefined ? { errorType } : { errorType, bus });
  });
  test.each(['', '0, 1, 2', 'the GPU is lost in thought', 'x'.repeat(100_000)])('no failure: %.30s', (text) => {
    expect(smiFailureOf(text)).toBeUndefined();
  });
  test('an unknown ending is told by class only', () => {
    const [reading] = readAll(createDmonParser(sourceOf('dmon')), 'Failed to initialize NVML: a secret\n');
    expect(reading).toMatchObject({ kind: 'smi.failed', severity: 'ERROR', body: undefined });
  });
});

describe("nvidia-smi's other outputs are named noise", () => {
  const names = (text: string): string[] => readAll(createDmonParser(sourceOf('dmon')), text).map(nameOf);
  test('the default table', () => {
    const table = `Wed Mar  4 10:00:00 2026\n+------+------+\n| NVIDIA-SMI 575.10 |\n|======+======|\n|ERR!   60C |\n`;
    expect(new Set(names(table))).toEqual(new Set(['noise:smi.table']));
  });
  test('-q, and only behind its banner', () => {
    const q = `==============NVSMI LOG==============\n\nTimestamp                 : Wed Mar  4 10:00:00 2026\nGPU 00000000:5E:00.0\n    Product Name          : NVIDIA L4\n    MIG Mode\n        Current           : N/A\n`;
    expect(new Set(names(q))).toEqual(new Set(['noise:smi.q', 'noise:blank']));
    expect(names('    Product Name          : NVIDIA L4\n')).toEqual(['unmatched:raw']);
    expect(names(`${q}# gpu   pwr\n    0    10\nStill : here\n`).slice(-2)).toEqual(['gpu.sample', 'unmatched:raw']);
  });
  test('-q -x, from its prologue to its end', () => {
    const xml = `<?xml version="1.0" ?>\n<nvidia_smi_log>\n\t<mig_devices>\n\t\tNone\n\t</mig_devices>\n</nvidia_smi_log>\nNone\n`;
    expect(names(xml)).toEqual([...Array.from({ length: 6 }, () => 'noise:smi.xml'), 'unmatched:raw']);
  });
  test('a failure and its second line', () => {
    expect(names('Failed to initialize NVML: Driver/library version mismatch\nNVML library version: 575.10\n')).toEqual(
      ['smi.failed', 'continuation:smi.failed'],
    );
  });
});
