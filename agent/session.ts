// One run's outputs and core: printed text, OTLP, the page that Prometheus scrapes. `run`, `record` and the demo share it;
// only what feeds it differs.
import type { XidOverrides } from '../collectors/nvidia/xid-catalogue.ts';
import type { Delivery } from '../otel/export/delivery.ts';
import { createPrometheusText } from '../otel/export/prometheus-text.ts';
import { type Scrape, ScrapeError, startScrape } from '../otel/export/scrape.ts';
import type { Resource } from '../otel/signal.ts';
import type { Instant } from '../otel/time.ts';
import type { CommandContext } from './command.ts';
import { type Core, createCore } from './core.ts';
import { CLOSE_MS, createOtlpDelivery, otlpJsonPrinter } from './otlp-output.ts';
import { createPrinted, pressureOf, printerOf } from './outputs.ts';
import { createSelf } from './self.ts';
import type { Batch, Output } from './telling.ts';

export type SessionOptions = {
  readonly context: CommandContext;
  readonly resource: Resource;
  readonly xidOverrides: XidOverrides;
  readonly startAt: Instant;
  readonly newsFrom?: Instant;
  /** False for the demo, which is never sent. */
  readonly sendOtlp: boolean;
  /** Sees every batch, for whoever must act on what was told. */
  readonly onBatch?: (batch: Batch) => void;
};

export type Session = {
  readonly core: Core;
  /** Where /metrics is served, if it is. */
  readonly scrapeUrl: string | undefined;
  readonly pressure: () => Promise<void> | undefined;
  /** After core.end(): delivers what is left. */
  readonly close: () => Promise<void>;
};

export const splitListen = (listen: string): { readonly host: string; readonly port: number } => {
  const at = listen.lastIndexOf(':');
  const host = at < 0 ? '127.0.0.1' : listen.slice(0, at).replace(/^\[|\]$/g, '');
  return { host, port: Number(listen.slice(at + 1)) };
};

const deliveryOutput = (delivery: Delivery, withSelf: (batch: Batch) => Batch): Output => ({
  write: (batch) => delivery.write(withSelf(batch)),
  pressure: delivery.pressure,
  close: () => delivery.close(CLOSE_MS),
});

const openScrape = async (context: CommandContext, text: () => string): Promise<Scrape | undefined> => {
  const listen = context.settings['metrics-listen'];
  if (listen === 'none') return undefined;
  return startScrape({ ...splitListen(listen), text, setting: '--metrics-listen' });
};

/** Undefined after telling why: the settings cannot be honoured. */
export const openSession = async (options: SessionOptions): Promise<Session | undefined> => {
  const { context, resource, startAt, onBatch } = options;
  const otlp = options.sendOtlp ? await createOtlpDelivery(context, resource) : undefined;
  if (otlp !== undefined && 'problems' in otlp) {
    context.tell(otlp.problems.map((problem) => `${problem}\n`).join(''));
    return undefined;
  }
  const delivery = otlp?.delivery;
  const self = createSelf(startAt, (at) => delivery?.takePoints(at) ?? []);
  const withSelf = (batch: Batch): Batch =>
    batch.snapshot === undefined ? batch : { ...batch, snapshot: self.with(batch.snapshot) };
  const outputs: Output[] = [createPrinted(printerOf(context, otlpJsonPrinter(resource, context.version)), context)];
  if (delivery !== undefined) outputs.push(deliveryOutput(delivery, withSelf));
  if (onBatch !== undefined) outputs.push({ write: onBatch, pressure: () => undefined, close: async () => undefined });
  const core = createCore({
    settings: context.settings,
    xidOverrides: options.xidOverrides,
    outputs,
    startAt,
    ...(options.newsFrom === undefined ? {} : { newsFrom: options.newsFrom }),
  });
  const exposition = createPrometheusText(resource);
  try {
    const scrape = await openScrape(context, () => exposition(self.with(core.snapshot())));
    return {
      core,
      scrapeUrl: scrape?.url,
      pressure: () => pressureOf(outputs),
      close: async () => {
        await Promise.all(outputs.map((output) => output.close()));
        await scrape?.close();
      },
    };
  } catch (error) {
    if (!(error instanceof ScrapeError)) throw error;
    context.tell(`${error.message}\n`);
    await Promise.all(outputs.map((output) => output.close()));
    return undefined;
  }
};
