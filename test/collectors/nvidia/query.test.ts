import { describe, expect, test } from 'vitest';
import { createQueryAppsParser, createQueryGpuParser } from '../../../collectors/nvidia/query.ts';
import type { RecordReading } from '../../../collectors/reading.ts';
import { isoInstant } from '../../../otel/time.ts';
import { first, nameOf, ofKind, readAll, sourceOf } from './feed.ts';

const source = sourceOf('query-gpu');
const read = (text: string, fields?: readonly string[]): RecordReading[] =>
  readAll(createQueryGpuParser(source, fields), text);
const rowsOf = (text: string, fields?: readonly string[]) =>
  ofKind(read(text, fields), 'gpu.query').map((reading) => reading.fields);

describe('--query-gpu', () => {
  test('identity, numbers without units, texts as texts', () => {
    const text =
      'timestamp, index, name, uuid, pci.bus_id, driver_version, serial, memory.total [MiB], power.draw [W], pstate, clocks_event_reasons_counters.sw_power_cap [us]\n' +
      '2026/03/01 07:08:09.123, 1, NVIDIA L4, GPU-0f1e2d3c-aaaa-bbbb-cccc-0123456789ab, 00000000:5E:00.0, 575.10, 0012300456, 23034 MiB, 31.40 W, P8, 1200 us\n';
    const [reading] = ofKind(read(text), 'gpu.query');
    expect(reading?.fields).toMatchObject({
      index: 1,
      uuid: 'GPU-0f1e2d3c-aaaa-bbbb-cccc-0123456789ab',
      bus: '0000:5e:00',
    });
    expect(reading?.fields.cells).toMatchObject({
      driver_version: { value: '575.10' },
      serial: { value: '0012300456' },
      'memory.total': { value: 23_034 },
      'power.draw': { value: 31.4 },
      pstate: { value: 'P8' },
      'clocks_event_reasons_counters.sw_power_cap': { value: 1_200 },
    });
    expect([isoInstant(first(ofKind(read(text), 'gpu.query')).at), reading?.timing]).toEqual([
      '2026-03-01T07:08:09.123Z',
      'logged',
    ]);
  });
  test.each([
    '[N/A]',
    'N/A',
    '',
    '[Not Supported]',
    '[Unknown Error]',
    '[Insufficient Permissions]',
    '[Function Not Found]',
    '[Requested functionality has been deprecated]',
    '[GPU requires reset]',
    'ERR!',
  ])('absent: %j', (status) => {
    const [fields] = rowsOf(`index, fan.speed [%], pstate\n0, ${status}, P2\n`);
    expect(fields?.cells).toEqual({ index: { value: 0 }, 'fan.speed': { absent: status }, pstate: { value: 'P2' } });
  });
  test('an absent last cell, with and without its blank', () => {
    const expected = { index: { value: 0 }, 'fan.speed': { absent: '' } };
    expect(rowsOf('index, fan.speed [%]\n0, \n')[0]?.cells).toEqual(expected);
    expect(rowsOf('index, fan.speed [%]\n0,\n')[0]?.cells).toEqual(expected);
  });
  test('nounits leaves the units in the header only', () => {
    expect(rowsOf('index, power.draw [W]\n0, 31.40\n')[0]?.cells['power.draw']).toEqual({ value: 31.4 });
  });
  test('old names are rewritten to the newest', () => {
    const [fields] = rowsOf(
      'gpu_name, clocks_throttle_reasons.active, clocks.sm [MHz]\nNVIDIA L4, 0x0000000000000004, 210 MHz\n',
    );
    expect(Object.keys(fields?.cells ?? {})).toEqual(['name', 'clocks_event_reasons.active', 'clocks.current.sm']);
    expect(fields?.cells['clocks_event_reasons.active']).toEqual({ value: '0x0000000000000004' });
  });
  test('noheader takes the names of the source and finds units by itself', () => {
    const [fields] = rowsOf('0, 81 %, 512 MiB, [N/A]\n', ['index', 'utilization.gpu', 'memory.used', 'fan.speed']);
    expect(fields?.cells).toEqual({
      index: { value: 0 },
      'utilization.gpu': { value: 81 },
      'memory.used': { value: 512 },
      'fan.speed': { absent: '[N/A]' },
    });
    expect(read('0, 81 %, 512 MiB\n').map(nameOf)).toEqual(['malformed:query.no_header']);
  });
  test('a comma inside the one name is given back to it', () => {
    const [fields] = rowsOf('index, name, pstate\n0, Board A, rev 2, P0\n');
    expect(fields?.cells).toEqual({ index: { value: 0 }, name: { value: 'Board A, rev 2' }, pstate: { value: 'P0' } });
  });
  test('lines that a loop injects are never forced into cells', () => {
    const text =
      'index, power.draw [W]\n0, 30.00 W\nNVRM: Xid (PCI:0000:5e:00): 43, pid=71, name=python3, Ch 00000008\n\n0, 30.00 W, 7\nan ECC event, so it says\nNo devices were found\n0, hot W\n';
    expect(read(text).map(nameOf)).toEqual([
      'noise:query.header',
      'gpu.query',
      'xid',
      'noise:blank',
      'malformed:query.width',
      'unmatched:raw',
      'smi.failed',
      'malformed:query.cell',
    ]);
  });
  test('a single field takes numbers, not sentences', () => {
    expect(read('power.draw [W]\n30.00 W\nsomething happened\n').map(nameOf)).toEqual([
      'noise:query.header',
      'gpu.query',
      'unmatched:raw',
    ]);
  });
  test('without stamps a cycle ends where a GPU comes again', () => {
    const rows = ofKind(read('index, pstate\n0, P0\n1, P0\n0, P0\n1, P0\n'), 'gpu.query');
    expect(rows.map((row) => isoInstant(row.at).slice(17, 19))).toEqual(['00', '00', '01', '01']);
  });
});

describe('--query-compute-apps', () => {
  const HEADER = 'timestamp, gpu_uuid, gpu_bus_id, pid, process_name, used_gpu_memory [MiB]\n';
  const appsOf = (text: string, fields?: readonly string[]) =>
    ofKind(readAll(createQueryAppsParser(sourceOf('query-apps'), fields), text), 'gpu.app');
  const rowOf = (process: string, used = '1024 MiB'): string =>
    `2026/03/01 07:08:09.123, GPU-0f1e2d3c-aaaa-bbbb-cccc-0123456789ab, 00000000:5E:00.0, 71, ${process}, ${used}\n`;

  test('a process, its memory in bytes', () => {
    expect(first(appsOf(HEADER + rowOf('/usr/bin/ollama'))).fields).toEqual({
      uuid: 'GPU-0f1e2d3c-aaaa-bbbb-cccc-0123456789ab',
      bus: '0000:5e:00',
      pid: 71,
      command: 'ollama',
      usedBytes: 1_073_741_824,
    });
  });
  test.each([
    ['/home/ann/venv/bin/python3 -m serve --token s3cret', 'python3'],
    ['/opt/tool /home/ann/s3cret', 'tool'],
    ['./s3cret/run', 'run'],
    ['C:\\Users\\ann\\My App, v2\\chat app.exe', 'chat app.exe'],
    ['ollama', 'ollama'],
  ])('of a path only the base name is told: %s', (process, command) => {
    const reading = first(appsOf(HEADER + rowOf(process)));
    expect(reading.fields.command).toBe(command);
    expect(`${reading.body}`).not.toMatch(/ann|s3cret/);
  });
  test('absent memory (Windows) and an unreadable name stay absent', () => {
    const { fields } = first(appsOf(HEADER + rowOf('[Insufficient Permissions]', '[N/A]')));
    expect(fields).not.toHaveProperty('command');
    expect(fields).not.toHaveProperty('usedBytes');
  });
  test('noheader with aliases', () => {
    expect(first(appsOf('71, /usr/bin/ollama, 3 MiB\n', ['pid', 'name', 'used_memory'])).fields).toEqual({
      pid: 71,
      command: 'ollama',
      usedBytes: 3_145_728,
    });
  });
});
