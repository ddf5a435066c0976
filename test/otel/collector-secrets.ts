// What the Collector's redaction must hide and what it must leave alone: one list for the patterns and for the real server.
// All secrets here are made up.

/** Each one inside a sentence, with the part that must be gone. */
export const PLANTED: readonly (readonly [sentence: string, secret: string])[] = [
  ['-----BEGIN OPENSSH PRIVATE KEY-----\nc2VjcmV0\na2V5\n-----END OPENSSH PRIVATE KEY-----', 'c2VjcmV0'],
  ['header Authorization: Basic dXNlcjpwYXNz sent', 'dXNlcjpwYXNz'],
  ['asked with Bearer abcdefghijklmnop.qrstuv-wxyz today', 'qrstuv'],
  ['proxy http://joe:hunter2@proxy:3128/ answers', 'hunter2'],
  ['password=correct-horse next', 'correct-horse'],
  ['{"client_secret": "staple battery"}', 'staple'],
  ['GET /v1/models?access_token=12ab34 200', '12ab34'],
  ['OLLAMA_API_KEY:ab12cd34ef', 'ab12cd34ef'],
  ['key sk-proj-abcdefghijklmnopqrst used', 'sk-proj-abcdefghijklmnopqrst'],
  ['token hf_abcdefghijklmnopqrstuvwx', 'hf_abcdefghijklmnopqrstuvwx'],
  ['clone with ghp_abcdefghijklmnopqrstuvwxyz0123456789', 'ghp_abcdefghijklmnop'],
  ['id AKIAIOSFODNN7EXAMPLE', 'AKIAIOSFODNN7EXAMPLE'],
  ['jwt eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.abc-DEF_ghi', 'eyJzdWIiOiIxMjM0NTY3ODkwIn0'],
  ['public key ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ0 joe', 'AAAAC3NzaC1lZDI1NTE5'],
  ['ask joe.doe+gpu@mail.example.com for it', 'joe.doe+gpu'],
  [`signature ${'0123456789abcdef'.repeat(8)}`, '0123456789abcdef'.repeat(8)],
  [`digest ${'fedcba9876'.repeat(5)}`, 'fedcba9876'.repeat(5)],
  ['blob YWJj/ZGVm+aGlq/a2xt+bm9w/cXJz+dHV2/d3h5+egAA==', 'd3h5+egAA'],
  ['opaque Zm9vYmFyYmF6cXV4Zm9vYmFyYmF6cXV4Zm9vYmFyYmF6', 'Zm9vYmFyYmF6cXV4Zm9v'],
];

const TRACE_ID = '4bf92f3577b34da6a3ce929d0e0e4736';
const SPAN_ID = '00f067aa0ba902b7';
const DIGEST = '74701a8c35f6c8d9a4b91f3f3497643001d63e0c7a84e085bed452548fa88d45';

/** Names, ids and figures that everything is joined by. */
export const KEPT: readonly string[] = [
  TRACE_ID,
  SPAN_ID,
  `trace ${TRACE_ID} span ${SPAN_ID}`,
  'GPU-5c2f8a1e-9b7d-4e60-a3c4-1f2e3d4c5b6a',
  'MIG-0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0',
  `sha256:${DIGEST}`,
  `/root/.ollama/models/blobs/sha256-${DIGEST}`,
  DIGEST,
  'commit 0123456789abcdef0123456789abcdef01234567',
  '0f9530345fe66fa7:12141',
  'hf.co/bartowski/Llama-3.2-3B-Instruct-GGUF:Q4_K_M',
  'registry.ollama.ai/library/qwen2.5-coder:32b-instruct-q4_K_M',
  '00000000:65:00.0',
  'http://127.0.0.1:11434/api/chat',
  '/usr/lib/ollama/cuda_v13/libggml-cuda.so and /home/joe/.ollama/models/manifests/registry.ollama.ai',
  'NVRM: Xid (PCI:0000:65:00): 79, pid=1234, name=ollama, GPU has fallen off the bus.',
  'prompt tokens=121 output tokens=64 token type input_cached',
  'basic configuration of a bearer that is none',
  '2026-11-20T14:43:36.463000000Z',
];
