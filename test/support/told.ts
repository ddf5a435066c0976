// What a replay tells, in a process of its own, as objects: the reference for everything that is sent somewhere.
import { type Received, receivedOf } from './otlp-received.ts';
import { runProgram } from './program.ts';

export const toldBy = async (paths: readonly string[], more: readonly string[] = []): Promise<Received> => {
  const { code, stdout, stderr } = await runProgram(['replay', ...paths, '--output', 'otlp-json', ...more]);
  if (code !== 0) throw new Error(`the replay ended with ${code}: ${stderr}`);
  const all: Received = { spans: [], logs: [], metrics: [] };
  for (const line of stdout.trimEnd().split('\n')) {
    const { spans, logs, metrics } = receivedOf(JSON.parse(line));
    all.spans.push(...spans);
    all.logs.push(...logs);
    all.metrics.push(...metrics);
  }
  return all;
};
