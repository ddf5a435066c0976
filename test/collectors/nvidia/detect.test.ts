import { expect, test } from 'vitest';
import { nvidiaDialectOf } from '../../../collectors/nvidia/detect.ts';

test.each([
  ['dmon', ['# gpu    pwr  gtemp', '# Idx      W      C']],
  ['dmon', ['[ops@node3 ~]# nvidia-smi dmon', '# gpu   pwr']],
  ['dmon', ['#Date       Time        gpu   pwr']],
  ['dmon', ['> \\# gpu   pwr  temp']],
  ['dmon', ['', 'No devices were found']],
  ['dmon', ['==============NVSMI LOG==============']],
  ['dmon', ['<?xml version="1.0" ?>', '<!DOCTYPE nvidia_smi_log SYSTEM "nvsmi_device_v12.dtd">']],
  ['dmon', ['Wed Mar  4 10:00:00 2026', '+-----+', '| NVIDIA-SMI 575.10   Driver Version: 575.10 |']],
  ['pmon', ['# gpu         pid   type     sm    mem    command']],
  ['query-gpu', ['index, power.draw [W]', '0, 30.00 W']],
  ['query-gpu', ['0, 81 %, 512 MiB, [N/A]']],
  ['query-apps', ['pid, process_name, used_gpu_memory [MiB]']],
  ['kernel', ['3,77,12500000,-;usb 1-1: new device']],
  ['kernel', ['[   12.500000] usb 1-1: new device']],
  ['kernel', ['Mar  1 12:00:00 node3 systemd[1]: Started', 'Mar  1 12:00:00 node3 kernel: usb 1-1: new device']],
  ['kernel', ['2026-03-01T12:00:00,250001+02:00 usb 1-1: new device']],
  ['kernel', ['NVRM: GPU at PCI:0000:3b:00: GPU-0']],
  ['kernel', [JSON.stringify({ _TRANSPORT: 'kernel', MESSAGE: 'x' })]],
])('%s: %j', (dialect, lines) => {
  expect(nvidiaDialectOf(lines)).toBe(dialect);
});

test.each([
  [['time=2026-03-01T10:00:00.000Z level=INFO source=routes.go:1 msg="Listening on 127.0.0.1:11434 (version 0.34.0)"']],
  [['[GIN] 2026/03/01 - 10:00:00 | 200 |  8.311542ms | 127.0.0.1 | GET "/api/tags"']],
  [['Mar  1 12:00:00 node3 ollama[77]: [GIN] 2026/03/01 - 10:00:00 | 200 | 8ms | 127.0.0.1 | GET "/"']],
  [['llama_model_loader: - kv   0: general.architecture str = llama', 'a, b', 'hello, world, again']],
  [['# a comment', '#!/bin/sh', '{"MESSAGE":"x"}', '{broken']],
  [['2026-03-01T10:00:00.000000000Z stderr F time=2026-03-01T10:00:00.000Z level=INFO msg=x']],
  [[]],
])('nothing of NVIDIA: %j', (lines) => {
  expect(nvidiaDialectOf(lines)).toBeUndefined();
});
