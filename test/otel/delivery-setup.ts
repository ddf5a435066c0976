// A delivery on a clock that stands still, with an exporter whose answers the test gives one by one.
import type { MetricPoint } from '../../otel/catalogue/metrics.ts';
import { createDelivery, type DeliveryBatch, type DeliveryBounds } from '../../otel/export/delivery.ts';
import type { Exporter, ExportOutcome, Payload } from '../../otel/export/exporter.ts';
import type { Instant } from '../../otel/time.ts';
import { createManualClock } from '../support/manual-clock.ts';
import { logSample, sec, spanSample } from './samples.ts';

/** An exporter whose answers the test gives, one per request, in order of request. */
const createFakeExporter = () => {
  const requests: Payload[] = [];
  const open: ((outcome: ExportOutcome) => void)[] = [];
  let arrived: (() => void)[] = [];
  let wasShutDown = false;
  const exporter: Exporter = {
    export: (payload) =>
      new Promise((resolve) => {
        requests.push(payload);
        open.push(resolve);
        for (const tell of arrived) tell();
        arrived = [];
      }),
    shutdown: async () => {
      wasShutDown = true;
    },
  };
  const next = async (): Promise<(outcome: ExportOutcome) => void> => {
    for (;;) {
      const answer = open.shift();
      if (answer !== undefined) return answer;
      await new Promise<void>((resolve) => arrived.push(resolve));
    }
  };
  return {
    exporter,
    requests,
    answer: async (outcome: ExportOutcome): Promise<void> => {
      (await next())(outcome);
      // The lane takes the answer in microtasks; one turn of the loop lets all of them run.
      await new Promise(setImmediate);
    },
    isOpen: () => open.length,
    wasShutDown: () => wasShutDown,
  };
};

export const ACCEPTED: ExportOutcome = { result: 'accepted' };
export const RETRY: ExportOutcome = { result: 'retry', reason: 'not now' };

export const setUp = (bounds?: DeliveryBounds, waitForSnapshots = false) => {
  const fake = createFakeExporter();
  const clock = createManualClock();
  const acknowledged: Instant[] = [];
  const messages: string[] = [];
  const delivery = createDelivery({
    exporter: fake.exporter,
    clock,
    random: () => 0,
    waitForSnapshots,
    ...(bounds === undefined ? {} : { bounds }),
    onAcknowledged: (upTo) => acknowledged.push(upTo),
    onMessage: (level, text) => messages.push(`${level} ${text}`),
  });
  return { ...fake, clock, acknowledged, messages, delivery };
};
export const spansAt = (seconds: number, count = 1): DeliveryBatch => ({
  at: sec(seconds),
  spans: Array.from({ length: count }, (_, n) => spanSample(seconds * 100 + n)),
  logs: [],
});
export const logsAt = (seconds: number, count = 1): DeliveryBatch => ({
  at: sec(seconds),
  spans: [],
  logs: Array.from({ length: count }, (_, n) => logSample(n)),
});
export const sumOf = (points: readonly MetricPoint[], name: MetricPoint['name'], attribute: string): number =>
  points
    .filter((point) => point.name === name && Object.values(point.attributes).includes(attribute))
    .reduce((sum, point) => sum + point.value, 0);
