// Backends and Collectors of one test, gone after it in the reverse of the order in which they were started.
import { afterEach } from 'vitest';
import { type OtlpReceiver, startOtlpReceiver } from '../support/otlp-receiver.ts';
import { type Environment, type RunningCollector, startCollector } from './collector-running.ts';

const toDispose: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const dispose of toDispose.splice(0).reverse()) await dispose();
});

export const disposeAfterTest = (...disposals: readonly (() => Promise<void>)[]): void => {
  toDispose.push(...disposals);
};

/** Ports for backends that come back where they were. */
export const backendsOfTest = async (httpPort = 0, grpcPort = 0): Promise<OtlpReceiver> => {
  const backends = await startOtlpReceiver(httpPort, grpcPort);
  disposeAfterTest(backends.close);
  return backends;
};

export const collectorOfTest = async (environment: Environment): Promise<RunningCollector> => {
  const collector = await startCollector(environment);
  disposeAfterTest(collector.dispose);
  return collector;
};
