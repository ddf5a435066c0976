// Requests to the real Ollama in its container, and where they should be found again.
import { mkdirSync } from 'node:fs';
import { prometheusName } from '../../otel/names.ts';
import { type JaegerSpan, jaegerSearch, promQuery } from '../real/backends/ask.ts';
import { runCommand } from '../real/install/command.ts';
import { installOllama } from '../real/ollama/install.ts';
import { writeTinyModels } from '../real/ollama/tiny-models.ts';
import type { StackUnderTest } from './run-stack.ts';

/** A name that no recording has: the demo's requests are in the same Jaeger. */
const MODEL = 'walk';
const ANSWER_MS_MAX = 60_000;
const DURATION = `${prometheusName('gen_ai.server.request.duration')}_count`;

/** Gives the server the smallest model; `folder` holds its file. */
export const createModel = async (stack: StackUnderTest, folder: string): Promise<void> => {
  const { binary } = await installOllama('0.34.4');
  mkdirSync(folder, { recursive: true });
  writeTinyModels(folder);
  await runCommand(binary, ['create', MODEL, '-f', 'tiny.Modelfile'], {
    cwd: folder,
    env: { HOME: folder, OLLAMA_HOST: stack.url('OLLASCOPE_PORT_OLLAMA') },
    timeoutSeconds: 60,
    whenMissing: 'it was just installed',
    quiet: true,
  });
};

/** Answers the status. */
export const chat = async (stack: StackUnderTest): Promise<number> => {
  const response = await fetch(`${stack.url('OLLASCOPE_PORT_OLLAMA')}/api/chat`, {
    method: 'POST',
    headers: { connection: 'close' },
    body: JSON.stringify({ model: MODEL, stream: false, messages: [{ role: 'user', content: 'one two three' }] }),
    signal: AbortSignal.timeout(ANSWER_MS_MAX),
  });
  await response.text();
  return response.status;
};

export const chatTraces = (stack: StackUnderTest): Promise<JaegerSpan[][]> =>
  jaegerSearch(stack.url('OLLASCOPE_PORT_JAEGER'), {
    service: 'ollama',
    operation: `chat ${MODEL}:latest`,
    limit: 100,
  });

/** Chats that Prometheus knows of, all or those of one host; 0 before the first one. */
export const chatsCounted = async (stack: StackUnderTest, host = '.+'): Promise<number> => {
  const expression = `sum(${DURATION}{gen_ai_request_model="${MODEL}:latest", host_name=~"${host}"})`;
  const [sum] = await promQuery(stack.url('OLLASCOPE_PORT_PROMETHEUS'), expression);
  return sum?.value ?? 0;
};
