// No prompt, answer, path, proxy password or key leaves: one is planted wherever Ollama, its runners or a client can print
// one, and no reading may carry it in its fields, its name or its body.
import { describe, expect, test } from 'vitest';
import type { RecordReading } from '../../../collectors/reading.ts';
import { readText } from '../../support/ollama-lines.ts';

const SECRET = 'hunter2SECRET';
const head = (level: string): string => `time=2026-03-04T05:06:07.890Z level=${level} source=x.go:1 msg=`;
const blob = '/m/blobs/sha256-aa11bb22cc33dd44ee55ff66aa11bb22cc33dd44ee55ff66aa11bb22cc33dd44';
const gin = (client: string, method: string, path: string): string =>
  `[GIN] 2026/03/04 - 05:06:07 | 200 |  1.5ms | ${client} | ${method} "${path}"`;

/** What a line says without the line itself, which holds the text and stays on the host. */
const carried = ({ line: _line, at: _at, ...rest }: RecordReading): string => JSON.stringify(rest);

const planted: readonly (readonly [where: string, text: string])[] = [
  ['access line: query', gin('::1', 'GET', `/api/chat?key=${SECRET}`)],
  ['access line: path', gin('::1', 'GET', `/${SECRET}`)],
  ['access line: parameter', gin('::1', 'HEAD', `/api/blobs/${SECRET}`)],
  ['access line: method', gin('::1', SECRET, '/api/chat')],
  ['access line: client', gin(SECRET, 'GET', '/api/chat')],
  ['access line: torn', `[GIN] 2026/03/04 - 05:06:07 | 200 |  1.5ms | ::1 | GET "/api/chat?${SECRET}`],
  [
    'server config: proxy',
    `${head('INFO')}"server config" env="map[HTTPS_PROXY:http://u:${SECRET}@p:1 OLLAMA_DEBUG:INFO OLLAMA_ORIGINS:[http://${SECRET}]]"`,
  ],
  [
    'server config: a listed name with a strange value',
    `${head('INFO')}"server config" env="map[OLLAMA_DEBUG:{${SECRET}} OLLAMA_KEEP_ALIVE:a b ${SECRET}]"`,
  ],
  [
    'server config: log.Printf form',
    `2024/05/01 12:00:00 routes.go:1: INFO server config env="map[HTTP_PROXY:http://u:${SECRET}@p:1 OLLAMA_DEBUG:false]"`,
  ],
  ['subprocess environment', `${head('DEBUG')}subprocess PATH=/home/${SECRET} OPENAI_API_KEY=${SECRET}`],
  ['TRACE completion request', `${head('TRACE')}"completion request" prompt="tell ${SECRET}"`],
  ['TRACE embedding request', `${head('TRACE')}"embedding request" input="tell ${SECRET}"`],
  ['chat request', `${head('DEBUG')}"chat request" images=0 prompt="tell ${SECRET}"`],
  ['generate request', `${head('DEBUG')}"generate request" images=0 prompt="${SECRET}"`],
  ['chat handler', `${head('DEBUG')}"chat handler" prompt=${SECRET} images=0`],
  [
    'DEBUG completion request with a text where a length should be',
    `${head('DEBUG')}"completion request" images=0 prompt=${SECRET} format=${SECRET}`,
  ],
  [
    'format of a completion request',
    `${head('DEBUG')}"completion request" images=0 prompt=61 format="{\\"${SECRET}\\":1}"`,
  ],
  ['parser input', `${head('TRACE')}"builtin parser input" parser=x content="${SECRET}"`],
  ['harmony content', `${head('TRACE')}"harmony event content" content="${SECRET}" state=1`],
  [
    'harmony warning',
    `${head('WARN')}"harmony parser: found message start tag in the middle of the content" content="${SECRET}"`,
  ],
  ['template', `${head('DEBUG')}"template detection" error=x template="${SECRET}"`],
  ['request logging', `${head('INFO')}"logged to /home/${SECRET}/x.json, replay using curl with \`sh ${SECRET}\`"`],
  ['option', `${head('WARN')}"invalid option provided" option="${SECRET}"`],
  ['post predict', `${head('ERROR')}"post predict" error="Post \\"http://x/${SECRET}\\": EOF"`],
  ['completion error', `${head('ERROR')}"llama-server completion error" error="bad grammar ${SECRET}"`],
  ['predict error', `${head('INFO')}"llm predict error: ${SECRET}"`],
  ['embedding error', `${head('INFO')}"llm embedding error: the input length exceeds ${SECRET}"`],
  ['load failed', `${head('INFO')}"Load failed" model=/home/${SECRET}/x error="no ${SECRET}"`],
  ['terminated', `${head('ERROR')}"llama-server terminated" error="exit status 1: ${SECRET}" exit=${SECRET}`],
  ['gone', `${head('WARN')}"llama runner process no longer running" sys=9 string="${SECRET}"`],
  ['a new key of a known message', `${head('INFO')}"loaded runners" count=1 note="${SECRET}"`],
  ['an unknown message', `${head('INFO')}"said ${SECRET}" text="${SECRET}"`],
  ['an unknown message with a known beginning', `${head('INFO')}"Listening on ${SECRET} and more"`],
  ['pull retry', `${head('INFO')}"0123456789ab part 3 attempt 1 failed: Get https://x/${SECRET}, retrying in 1s"`],
  [
    'remote model',
    `${head('INFO')}"remote model" remotes=[${SECRET}] remoteURL=https://u:${SECRET}@x hostname=${SECRET}`,
  ],
  [
    'runner command',
    `${head('INFO')}"starting llama-server" cmd="/home/${SECRET}/llama-server --model ${blob} --api-key ${SECRET} --chat-template ${SECRET} --port 1"`,
  ],
  ['a model path', `${head('DEBUG')}"evaluating already loaded" model=/home/${SECRET}/blobs/sha256-aa11bb22cc33`],
  ['a record cut by the end', `${head('TRACE')}"completion request" prompt="tell ${SECRET}`],
  ['model metadata', `llama_model_loader: - kv   2:  general.name str = ${SECRET}`],
  ['tokens', `print_info: EOS token        = 1 '${SECRET}'\nload:   - 1 ('${SECRET}')`],
  [
    'chat template example',
    `srv          init: init: chat template, example_format: '<|im_start|>system\n${SECRET}\nprint_info: ${SECRET}'`,
  ],
  ['chat template example, raw', `init: chat template, example_format: '${SECRET}`],
  ['slot text of a known function', `slot process_toke: id  0 | task 1 | next token: '${SECRET}'`],
  ['slot text of an unknown function', `slot something_ne: id  0 | task 1 | ${SECRET}`],
  ['server request dump', `srv  log_server_r: request: {"prompt":"${SECRET}"}`],
  ['server error', `srv    send_error: task id = 0, error: ${SECRET}`],
  ['conversation id', `srv  stream_sessi: conv_id=${SECRET} (empty=0)`],
  ['C function of a family', `llama_new_thing: ${SECRET}`],
  ['a told family with a path', `load_backend: loaded CPU backend from /home/${SECRET}/lib.so`],
  ['failure with a path', `llama_model_load: error loading model: /home/${SECRET}`],
  ['CUDA block', `CUDA error: ${SECRET}\n  current device: 0, in function f at /home/${SECRET}/x.cu:1\n  f(${SECRET})`],
  ['dump', `panic: ${SECRET}\n\ngoroutine 1 [running]:\nmain.f(${SECRET})\n\t/home/${SECRET}/x.go:1`],
  [
    'recovery',
    `2026/03/04 05:06:07 [Recovery] 2026/03/04 - 05:06:07 panic recovered:\nPOST /api/chat?${SECRET} HTTP/1.1\nX-Api-Key: ${SECRET}\n\n${SECRET}`,
  ],
  [
    'key',
    `Couldn't find '/home/${SECRET}/.ollama/id_ed25519'. Generating new private key.\nYour new public key is: \n\nssh-ed25519 ${SECRET}`,
  ],
  ['bind error', `Error: listen tcp ${SECRET}: bind: ${SECRET}`],
  [
    'legacy JSON',
    `{"function":"log_server_request","level":"INFO","line":1,"msg":"request","params":{"q":"${SECRET}"},"path":"/${SECRET}"}`,
  ],
  ['legacy text', `INFO [main] ${SECRET} | tid="${SECRET}"\nDEBUG [x] ${SECRET}`],
  ['unknown raw', SECRET],
  ['glued before a record', `${SECRET}${gin('::1', 'GET', '/')}`],
  ['drawn over', `${SECRET}\r${SECRET}`],
];

describe('planted secrets stay', () => {
  test.each(planted)('%s', (_where, text) => {
    const readings = readText(`${text}\n`);
    expect(readings.length).toBeGreaterThan(0);
    expect(readings.map(carried).filter((one) => one.includes(SECRET))).toEqual([]);
  });

  test('the test would see one', () => {
    expect(
      readText(`${head('INFO')}"template selection" model=${SECRET}\n`)
        .map(carried)
        .join(),
    ).toContain(SECRET);
  });
});
