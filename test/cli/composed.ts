// One evening of one machine, composed after the forms of the real logs: an Ollama of 0.34 whose model sits on one of two
// GPUs, dmon beside it, and a kernel that loses that GPU while a request runs on it.
const BLOB = 'c4'.repeat(32);
/** PCI addresses of the two GPUs, as the kernel prints them. */
export const LOST_BUS = '0000:3b:00';
export const OTHER_BUS = '0000:5e:00';
export const LOST_GPU = 'GPU-5d1c0a37-2b44-46f1-9a0e-6c1fd9e0b7a2';

const two = (value: number): string => String(value).padStart(2, '0');
/** Seconds after 21:40:00 on 9 May 2026, UTC. */
export const stamp = (seconds: number): string =>
  `2026-05-09T21:${two(40 + Math.floor(seconds / 60))}:${(seconds % 60).toFixed(3).padStart(6, '0')}Z`;
const civil = (seconds: number): string => stamp(seconds).slice(0, 19);
const slog = (seconds: number, rest: string): string => `time=${stamp(seconds)} level=INFO ${rest}`;
/** `[GIN] 2026/05/09 - 21:40:16 | 200 |  6.003456789s |       127.0.0.1 | POST     "/api/chat"` */
export const access = (seconds: number, took: string, route = '/api/chat', status = 200): string =>
  `[GIN] ${civil(seconds).replaceAll('-', '/').replace('T', ' - ')} | ${status} | ${took.padStart(13)} | ${'127.0.0.1'.padStart(15)} | POST     "${route}"`;

const device = (index: number, bus: string): string =>
  `source=types.go:60 msg="inference compute" id=${index} library=CUDA compute=8.9 name=CUDA${index} description="NVIDIA RTX 4000 Ada" libdirs=ollama,cuda_v13 driver=13.0 pci_id=${bus}.0 type=discrete total="20.0 GiB" available="19.2 GiB"`;

/** What the server prints until its model is loaded, at the seconds 0 to 3. */
export const started = (): readonly string[] => [
  slog(
    0,
    'source=routes.go:1817 msg="server config" env="map[CUDA_VISIBLE_DEVICES: OLLAMA_DEBUG:INFO OLLAMA_HOST:http://127.0.0.1:11434 OLLAMA_NUM_PARALLEL:1]"',
  ),
  slog(0.1, 'source=routes.go:1864 msg="Listening on 127.0.0.1:11434 (version 0.34.4)"'),
  slog(0.2, device(0, LOST_BUS)),
  slog(0.2, device(1, OTHER_BUS)),
  slog(
    2,
    `source=llama_server.go:436 msg="starting llama-server" cmd="/usr/lib/ollama/llama-server --model /var/lib/ollama/blobs/sha256-${BLOB} --port 40417 --host 127.0.0.1 --no-webui --offline -c 4096 -np 1"`,
  ),
  `llama_prepare_model_devices: using device CUDA0 (NVIDIA RTX 4000 Ada) (${LOST_BUS}.0) - 19600 MiB free`,
  'load_tensors: offloaded 29/29 layers to GPU',
  slog(3, 'source=llama_server.go:1198 msg="llama-server started in 1.00 seconds"'),
];

/** One request's lines: 41 tokens in, 64 out, ending at `end` after `seconds`. */
export const chat = (task: number, end: number, seconds: number): readonly string[] => {
  const totalMs = seconds * 1_000 - (seconds > 1 ? 40 : 10);
  const prefillMs = seconds > 1 ? 410 : totalMs / 2;
  return [
    'slot get_availabl: id  0 | task -1 | selected slot by LRU, t_last = -1',
    `slot launch_slot_: id  0 | task ${task} | processing task, is_child = 0`,
    `slot update_slots: id  0 | task ${task} | new prompt, n_ctx_slot = 4096, n_keep = 0, task.n_tokens = 41`,
    `slot print_timing: id  0 | task ${task} | prompt eval time =     ${prefillMs.toFixed(2)} ms /    41 tokens (   10.00 ms per token,   100.00 tokens per second)`,
    `slot print_timing: id  0 | task ${task} |        eval time =    ${(totalMs - prefillMs).toFixed(2)} ms /    64 tokens (   10.00 ms per token,    10.00 tokens per second)`,
    `slot print_timing: id  0 | task ${task} |       total time =    ${totalMs.toFixed(2)} ms /   105 tokens`,
    `slot      release: id  0 | task ${task} | stop processing: n_tokens = 104, truncated = 0`,
    access(end, `${seconds.toFixed(9).replace(/0+$/, '')}1s`),
  ];
};

/** One chat from 10 to 16 on the GPU that is lost at 14, and one from 30 to 32, long after it. */
export const ollamaLog = (): string =>
  [
    ...started(),
    ...chat(0, 16, 6.003),
    slog(20, 'source=sched.go:402 msg="new model will fit in available VRAM in single GPU, loading"'),
    ...chat(2, 32, 2.004),
    '',
  ].join('\n');

/** `nvidia-smi dmon -s pu -o DT`: the first GPU prints dashes from 14 s on. */
export const dmonLog = (seconds = 40): string => {
  const rows = [
    '#Date       Time        gpu    pwr  gtemp  mtemp     sm    mem',
    '#YYYYMMDD   HH:MM:SS    Idx      W      C      C      %      %',
  ];
  for (let s = 1; s <= seconds; s += 1) {
    const at = `20260509  ${civil(s).slice(11)} `;
    const busy = s >= 10 && s < 14;
    rows.push(
      `${at}     0 ${s < 14 ? `    ${busy ? '121' : ' 14'}     ${busy ? 66 : 41}      -     ${busy ? 96 : ' 0'}     ${busy ? 71 : ' 0'}` : '      -      -      -      -      -'}`,
    );
    rows.push(`${at}     1      13     38      -      0      0`);
  }
  return `${rows.join('\n')}\n`;
};

/** `journalctl -k -o short-iso-precise`. */
export const kernelLog = (): string =>
  [
    `2026-05-09T21:39:59.000000+00:00 rig kernel: nvidia: loading out-of-tree module taints kernel.`,
    `2026-05-09T21:40:14.000150+00:00 rig kernel: NVRM: GPU at PCI:${LOST_BUS}: ${LOST_GPU}`,
    `2026-05-09T21:40:14.000200+00:00 rig kernel: NVRM: Xid (PCI:${LOST_BUS}): 79, pid=3321, name=llama-server, GPU has fallen off the bus.`,
    `2026-05-09T21:40:14.000250+00:00 rig kernel: NVRM: GPU ${LOST_BUS}.0: GPU has fallen off the bus.`,
    '',
  ].join('\n');

/** Planted wherever a server, a runner or a client prints what is nobody's business. */
export const SECRET = 'pa55w0rdOfNobody';
export const secretLines = (): readonly string[] => [
  slog(
    4,
    `source=routes.go:1817 msg="server config" env="map[HTTPS_PROXY:http://u:${SECRET}@proxy:3128 OLLAMA_DEBUG:INFO OLLAMA_ORIGINS:[http://${SECRET}] no_proxy:${SECRET}]"`,
  ),
  access(5, '1.2ms', `/api/tags?token=${SECRET}`),
  access(5, '1.2ms', `/${SECRET}`, 404),
  `time=${stamp(6)} level=TRACE source=server.go:1 msg="completion request" prompt="tell ${SECRET}"`,
  `time=${stamp(6)} level=DEBUG source=server.go:1 msg="chat request" images=0 prompt="${SECRET}"`,
  slog(7, `source=x.go:1 msg="a message that nobody knows" text="${SECRET}"`),
  `something quite unknown, ${SECRET}`,
  `time=${stamp(8)} level=ERROR source=server.go:1 msg="post predict" error="Post \\"http://x/${SECRET}\\": EOF"`,
  `llama_model_loader: - kv   2:  general.name str = ${SECRET}`,
];
