import { describe, expect, test } from 'vitest';
import { createKernelParser, type KernelOptions } from '../../../collectors/nvidia/kernel.ts';
import type { RecordReading } from '../../../collectors/reading.ts';
import { first, nameOf, ofKind, readAll, sourceOf } from './feed.ts';

const source = sourceOf('kernel');
const read = (text: string, options?: KernelOptions): RecordReading[] =>
  readAll(createKernelParser(source, options), `${text}\n`);
const xidsOf = (text: string) => ofKind(read(text), 'xid');
const fieldsOf = (text: string) => first(xidsOf(text)).fields;

const PLACE = 'NVRM: Xid (PCI:0000:3b:00): ';

describe('Xid line forms', () => {
  test.each([
    ['before 2013', 'NVRM: Xid (0000:3b:00): 13, 0001 00000000 00008297', { code: 13 }],
    ['319 to 4xx', `${PLACE}32, Channel ID 0000000a intr 00004000`, { code: 32, detail: { channel: '0000000a' } }],
    [
      '450 to 510',
      `${PLACE}63, pid=77, Row Remapper: New row marked for remapping, reset gpu to activate`,
      { code: 63, pid: 77 },
    ],
    [
      '515 to 565',
      `${PLACE}31, pid=77, name=python3, Ch 00000010, intr 00000000.`,
      { code: 31, pid: 77, process: 'python3' },
    ],
    ['515 to 565, unknown', `${PLACE}62, pid='<unknown>', name=<unknown>, 1a2b3c4d`, { code: 62 }],
    ['570, no context', `${PLACE}79, GPU has fallen off the bus.`, { code: 79 }],
    ['570.123', `${PLACE}45, pid=77, name=python3, Ch 00000002 caused by previous Xid 94`, { code: 45, causedBy: 94 }],
    [
      'a channel form of 48',
      `${PLACE}48, pid=77, name=python3, channel 0x0000001c`,
      { code: 48, detail: { channel: '0000001c' } },
    ],
  ])('%s', (_name, line, expected) => {
    expect(fieldsOf(line)).toMatchObject({ bus: '0000:3b:00', ...expected });
  });
  test('an unknown process is absent', () => {
    expect(fieldsOf(`${PLACE}62, pid='<unknown>', name=<unknown>, 1a2b3c4d`)).toEqual({
      bus: '0000:3b:00',
      code: 62,
      detail: {},
    });
  });
  test('MIG instances stand in the parentheses', () => {
    expect(fieldsOf('NVRM: Xid (PCI:0000:3b:00 GPU-I:05): 43, pid=77, name=a, Ch 00000008')).toMatchObject({
      bus: '0000:3b:00',
      gpuInstance: 5,
    });
    expect(fieldsOf('NVRM: Xid (PCI:0000:3b:00 GPU-I:05 GPU-CI:02): 43, Ch 00000008')).toMatchObject({
      gpuInstance: 5,
      computeInstance: 2,
    });
  });
  test('domains above zero and device numbers above zero', () => {
    expect(fieldsOf('NVRM: Xid (PCI:0008:01:00): 43, Ch 00000008').bus).toBe('0008:01:00');
    expect(fieldsOf('NVRM: Xid (PCI:0000:10:1C): 43, Ch 00000008').bus).toBe('0000:10:1c');
  });
  test('a process name may hold colons, brackets and blanks', () => {
    expect(fieldsOf(`${PLACE}43, pid=77, name=ray::Actor [1], Ch 00000008`).process).toBe('ray::Actor [1]');
  });
  test('a broken Xid is malformed, not unmatched', () => {
    expect(read('NVRM: Xid (PCI:0000:3b): 43, x').map(nameOf)).toEqual(['malformed:xid']);
    expect(read('NVRM: Xid (PCI:0000:3b:00): many').map(nameOf)).toEqual(['malformed:xid']);
  });
  test('a line break inside the message', () => {
    expect(read('NVRM: Xid (0000:01:00): 16, \nHead 00000001 Count 00001a2b').map(nameOf)).toEqual([
      'xid',
      'continuation:xid',
    ]);
    expect(read('Head 00000001 Count 00001a2b').map(nameOf)).toEqual(['unmatched:raw']);
  });
});

describe('companion lines', () => {
  test('identity, serial, loss, rate limit, driver load', () => {
    const readings = read(
      [
        'NVRM: GPU at PCI:0000:3B:00: GPU-0F1E2D3C-aaaa-bbbb-cccc-0123456789ab',
        'NVRM: GPU Board Serial Number: 1234500000000',
        'NVRM: GPU 0000:3b:00.0: GPU has fallen off the bus.',
        'NVRM: GPU 0000:3b:00.0: GPU serial number is 1234500000000.',
        'NVRM: Rate limiting GSP RPC error prints for GPU at PCI:0000:3b:00 (printing 1 of every 30).  The GPU likely needs to be reset.',
        'NVRM: loading NVIDIA UNIX Open Kernel Module for x86_64  575.10.02  Release Build  (builder@host)',
        'NVRM: loading NVIDIA UNIX x86_64 Kernel Module  470.10.03  Thu Jan  1 00:00:00 UTC 2026',
        'NVRM: something that nobody listed',
      ].join('\n'),
    );
    expect(readings.map(nameOf)).toEqual([
      'kernel.gpu_identity',
      'kernel.gpu_serial',
      'kernel.gpu_lost',
      'kernel.gpu_serial',
      'kernel.gsp_rate_limited',
      'kernel.driver_loaded',
      'kernel.driver_loaded',
      'noise:nvrm.other',
    ]);
    expect(first(ofKind(readings, 'kernel.gpu_identity')).fields).toEqual({
      bus: '0000:3b:00',
      uuid: 'GPU-0f1e2d3c-aaaa-bbbb-cccc-0123456789ab',
    });
    expect(ofKind(readings, 'kernel.driver_loaded').map((reading) => reading.fields.version)).toEqual([
      '575.10.02',
      '470.10.03',
    ]);
    expect(first(ofKind(readings, 'kernel.gpu_lost'))).toMatchObject({
      severity: 'FATAL',
      fields: { bus: '0000:3b:00', duringProbe: false },
    });
    expect(readings.map((reading) => `${reading.body}`).join()).not.toMatch(/12345000|builder/);
    expect(readings.at(-1)?.body).toBeUndefined();
  });
  const PROBE = [
    'NVRM: The NVIDIA GPU 0000:d8:00.0',
    'NVRM: (PCI ID: 10de:2330) installed in this system has',
    'NVRM: fallen off the bus and is not responding to commands.',
  ];
  test.each([
    ['three journal lines', PROBE.map((line) => `Mar  1 12:00:00 node3 kernel: ${line}`).join('\n')],
    ['dmesg indents the rest', `[   12.500000] ${PROBE.join('\n               ')}`],
    ['one kmsg record', `3,77,12500000,-;${PROBE.join('\\x0a')}\n SUBSYSTEM=pci\n DEVICE=+pci:0000:d8:00.0`],
    ['one json record', JSON.stringify({ _TRANSPORT: 'kernel', MESSAGE: PROBE.join('\n') })],
  ])('a probe-time loss: %s', (_name, text) => {
    const readings = read(text);
    expect(ofKind(readings, 'kernel.gpu_lost').map((reading) => reading.fields)).toEqual([
      { bus: '0000:d8:00', duringProbe: true },
    ]);
    expect(readings.every((reading) => reading.type !== 'line' || reading.class === 'continuation')).toBe(true);
  });
  test('an unfinished probe message is no loss', () => {
    expect(ofKind(read(`${PROBE[0]}\nNVRM: something else\n${PROBE[2]}`), 'kernel.gpu_lost')).toEqual([]);
  });
  test('SXid: one event, its dump continues it', () => {
    const readings = read(
      [
        'nvidia-nvswitch2: SXid (PCI:0000:c4:00.0): 20034, Fatal, Link 17 LTSSM Fault Up',
        'nvidia-nvswitch2: SXid (PCI:0000:c4:00.0): 20034, Severity 1 Engine instance 17 Sub-engine instance 00',
        'nvidia-nvswitch2: SXid (PCI:0000:c4:00.0): 20034, Data {0x00000001, 0x00000002}',
        'nvidia-nvswitch2: SXid (PCI:0000:c4:00.0): 12028, Non-fatal, Link 09 egress non-posted PRIV error',
        'nvidia-nvswitch2: open (major=510)',
      ].join('\n'),
    );
    expect(readings.map(nameOf)).toEqual([
      'sxid',
      'continuation:sxid',
      'continuation:sxid',
      'sxid',
      'noise:nvswitch.other',
    ]);
    expect(ofKind(readings, 'sxid').map((reading) => [reading.severity, reading.fields])).toEqual([
      ['ERROR', { bus: '0000:c4:00', code: 20_034, severity: 'Fatal', switch: 'nvidia-nvswitch2', link: 17 }],
      ['WARN', { bus: '0000:c4:00', code: 12_028, severity: 'Non-fatal', switch: 'nvidia-nvswitch2', link: 9 }],
    ]);
  });
  test('what a kernel says otherwise is noise by class', () => {
    const names = read(
      [
        '[   10.000000] usb 1-1: new device',
        'Mar  1 12:00:00 node3 systemd[1]: Started a thing.',
        '-- Boot 0f1e2d3c --',
        '',
        'plain words',
      ].join('\n'),
    ).map(nameOf);
    expect(names).toEqual([
      'noise:kernel.other',
      'noise:syslog.other',
      'noise:journal.notice',
      'noise:blank',
      'unmatched:raw',
    ]);
  });
});
