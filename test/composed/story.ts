// What people and programs ask of the composed server, second by second, and what goes wrong meanwhile.
import type { Clockwork } from './clockwork.ts';
import type { OllamaServer } from './server.ts';
import type { Ask, Trouble } from './server-state.ts';

/** Moments that the server's story and the machine's share. */
export const MOMENTS = {
  thermal: [188, 246],
  powerCap: [296, 352],
  transcode: [120, 210],
  pageFault: 392.418,
  lost: 441.903,
  reset: 522.3,
  restart: 580.2,
  containedError: 648.77,
  rowRemap: 706.25,
} as const;

export type Story = {
  readonly server: OllamaServer;
  readonly clockwork: Clockwork;
  readonly random: () => number;
};

const chat = (model: Ask['model'], promptTokens: number, outputTokens: number, rest: Partial<Ask> = {}): Ask => ({
  model,
  route: '/api/chat',
  promptTokens,
  outputTokens,
  ...rest,
});
const embed = (promptTokens: number, route = '/api/embed'): Ask => ({ model: 'embed', route, promptTokens });

/** Requests at given seconds. */
const asked = (): readonly (readonly [number, Ask])[] => [
  [6.2, chat('llama', 48, 220)],
  [13.1, chat('llama', 312, 180, { cachedTokens: 267, streaming: false })],
  [17.4, { ...chat('llama', 64, 96), route: '/api/generate' }],
  [20.3, embed(212)],
  [23.8, embed(188, '/v1/embeddings')],
  [27.5, chat('llama', 540, 260, { cachedTokens: 492, route: '/v1/chat/completions' })],
  [36.2, chat('qwen', 74, 92)],
  [63.4, chat('qwen', 420, 60, { cachedTokens: 166 })],
  // Eight at once on two slots: six wait for a slot, without a line.
  ...Array.from({ length: 8 }, (_, i): readonly [number, Ask] => [
    78 + i * 0.21,
    chat('llama', 90 + 37 * i, 150 + 23 * i, i % 3 === 1 ? { route: '/api/generate' } : {}),
  ]),
  [84.1, embed(340)],
  [84.4, embed(905)],
  [84.6, embed(122)],
  [104.2, chat('qwen', 1_830, 48)],
  [121.5, chat('llama', 2_052, 130, { cutFrom: 6_914 })],
  [128.2, chat('llama', 2_052, 90, { cutFrom: 3_377, route: '/api/generate' })],
  [133.6, chat('llama', 3_700, 640)],
  [144.8, chat('llama', 120, 900, { leavesAfter: 3.4 })],
  [149.9, chat('llama', 131, 700, { leavesAfter: 4.1, streaming: false, route: '/api/generate' })],
  [158.3, { ...chat('qwen', 96, 70), keepAliveSeconds: 300 }],
  // One long answer runs over its context while the case gets hot.
  [171.3, chat('llama', 210, 4_600)],
  [203.7, chat('llama', 140, 420)],
  [214.2, embed(1_760)],
  [228.1, chat('llama', 388, 300)],
  // Two models that do not fit on one GPU together, asked in turn.
  [262.4, chat('mistral', 140, 160)],
  [279.8, chat('qwen', 88, 40)],
  [297.2, chat('mistral', 1_420, 420, { cachedTokens: 0 })],
  [318.6, chat('mistral', 1_890, 380, { cachedTokens: 1_630 })],
  [336.5, chat('qwen', 61, 36)],
  // A crowd that wants the model which was just put out: the queue holds four.
  ...Array.from({ length: 7 }, (_, i): readonly [number, Ask] => [
    353.2 + i * 0.13,
    chat('mistral', 75 + 12 * i, 52 + 9 * i, i % 2 === 0 ? {} : { route: '/v1/chat/completions' }),
  ]),
  [353.9, chat('llama', 77, 160)],
  [384.1, chat('mistral', 260, 420)],
  [386.5, chat('llama', 71, 1_400)],
  [388.4, chat('mistral', 118, 90, { streaming: false })],
  [400.6, chat('mistral', 118, 90)],
  [424.2, chat('llama', 92, 340)],
  // At work when GPU 0 goes, and one on the other GPU.
  [436.4, chat('llama', 205, 1_500)],
  [437.2, chat('llama', 166, 1_300, { streaming: false, route: '/api/generate' })],
  [438.8, chat('mistral', 96, 380)],
  [446.9, chat('llama', 84, 260)],
  [461.3, embed(511)],
  [468.2, chat('llama', 150, 420)],
  [486.0, chat('qwen', 57, 30, { leavesAfter: 3.2, streaming: false })],
  [497.5, chat('mistral', 190, 210)],
  [512.8, chat('llama', 64, 90, { route: '/api/generate' })],
  [534.4, chat('llama', 64, 380, { contextSize: 2_048 })],
  [545.1, chat('qwen', 66, 34, { contextSize: 4_096 })],
  [574.3, chat('llama', 118, 1_200, { contextSize: 2_048 })],
  [577.6, chat('qwen', 240, 120, { contextSize: 4_096 })],
  // After the restart, at DEBUG.
  [588.4, chat('llama', 102, 240, { keepAliveSeconds: 30 })],
  [592.2, embed(96)],
  [594.6, chat('llama', 260, 190, { cachedTokens: 180, keepAliveSeconds: 30 })],
  [596.1, chat('llama', 91, 330, { keepAliveSeconds: 30 })],
  [596.6, chat('llama', 122, 280, { keepAliveSeconds: 30 })],
  [618.4, chat('mistral', 180, 240)],
  [637.2, chat('llama', 77, 160, { keepAliveSeconds: 30 })],
  [645.5, chat('mistral', 140, 260)],
  [656.9, chat('llama', 84, 200, { contextSize: 8_192, keepAliveSeconds: 60 })],
  [668.3, chat('qwen', 180, 58)],
  [684.4, chat('qwen', 260, 40, { cachedTokens: 180 })],
  [702.1, chat('qwen', 90, 75)],
  [722.6, embed(1_120)],
  [726.2, chat('llama', 310, 260, { keepAliveSeconds: 60 })],
  [744.5, chat('qwen', 130, 44)],
  [751.3, chat('llama', 2_052, 80, { cutFrom: 9_206, keepAliveSeconds: 60 })],
];

type Plain = readonly [at: number, status: number, seconds: number, method: string, path: string];
const PLAIN: readonly Plain[] = [
  [3.4, 200, 0.000_061, 'GET', '/api/version'],
  [3.6, 200, 0.004_9, 'GET', '/api/tags'],
  [4.1, 200, 0.001_24, 'POST', '/api/show'],
  [31.2, 404, 0.000_402, 'POST', '/api/chat'],
  [31.9, 400, 0.000_093, 'POST', '/api/generate'],
  [55.0, 200, 0.000_02, 'HEAD', '/'],
  [71.4, 405, 0.000_003, 'GET', '/api/generate'],
  [72.6, 404, 0.000_001_4, 'GET', '/favicon.ico'],
  [113.4, 200, 18.374_551_02, 'POST', '/api/pull'],
  [254.7, 200, 0.005_2, 'GET', '/api/tags'],
  [255.2, 200, 0.001_11, 'POST', '/api/show'],
  [330.4, 404, 0.000_377, 'POST', '/v1/chat/completions'],
  [431.0, 200, 0.000_058, 'GET', '/api/version'],
  [558.2, 400, 0.000_12, 'POST', '/api/embed'],
  [664.1, 200, 0.005_6, 'GET', '/v1/models'],
  [738.0, 500, 0.000_62, 'POST', '/api/create'],
];
const TROUBLES: readonly (readonly [at: number, trouble: Trouble])[] = [
  [336.2, 'out_of_memory_once'],
  [544.9, 'out_of_memory_twice'],
];

export const tellStory = ({ server, clockwork }: Story): void => {
  clockwork.at(-2, () => server.up(false));
  for (const [at, ask] of asked()) clockwork.at(at, () => server.ask(ask));
  for (const [at, ...rest] of PLAIN) clockwork.at(at, () => server.plain(...rest));
  for (const [at, trouble] of TROUBLES) clockwork.at(at, () => server.plan(trouble));
  clockwork.at(95.1, () => {
    server.stamped('INFO', 'download.go:189', 'msg="downloading 9e27d05f9e27 in 20 1 GB part(s)"');
  });
  clockwork.at(108.2, () => {
    server.stamped(
      'INFO',
      'download.go:370',
      `msg="9e27d05f9e27 part 12 stalled; retrying. If this persists, press ctrl-c to exit, then 'ollama pull' to find a faster connection."`,
    );
  });
  clockwork.at(668.299, () => {
    server.stamped(
      'WARN',
      'server.go:168',
      'msg="requested context size too large for model" num_ctx=65536 n_ctx_train=40960',
    );
  });
  clockwork.at(121.4, () => server.stamped('WARN', 'types.go:1035', 'msg="invalid option provided" option=mirostat'));
  // What no grammar knows.
  clockwork.at(166.2, () => server.say('composed_line: a line that no version of the runner prints'));
  clockwork.at(166.3, () => server.stamped('INFO', 'composed.go:12', 'msg="a message that no version prints" count=3'));
  clockwork.at(MOMENTS.pageFault + 0.02, () => server.crash('mistral', 'an illegal memory access was encountered'));
  clockwork.at(MOMENTS.lost, () => server.lose(0));
  clockwork.at(MOMENTS.lost + 0.31, () => server.crash('llama', 'unspecified launch failure'));
  clockwork.at(MOMENTS.lost + 0.35, () => server.crash('embed', 'unspecified launch failure'));
  clockwork.at(MOMENTS.lost + 5.02, () =>
    server.stamped('WARN', 'runner.go:356', 'msg="unable to refresh free memory, using old values"'),
  );
  clockwork.at(MOMENTS.reset + 4, () => server.regain(0));
  clockwork.at(MOMENTS.restart, () => server.down());
  clockwork.at(MOMENTS.restart + 2.4, () => server.up(true));
};
