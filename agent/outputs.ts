// What standard output shows: waterfalls, structured log lines, OTLP requests or nothing. All of them print what one tick
// brought, in event time, and wait when the reader is slow.
import type { LogSignal } from '../otel/signal.ts';
import type { CommandContext } from './command.ts';
import { createJsonLines } from './json-lines.ts';
import type { Batch, Output } from './telling.ts';
import { createTerminal } from './terminal.ts';

type Printer = (print: (text: string) => void) => (batch: Batch) => void;

const byTime = (a: LogSignal, b: LogSignal): number => (a.at < b.at ? -1 : a.at > b.at ? 1 : 0);

const printers = {
  none: () => () => () => undefined,
  text:
    ({ terminal }: CommandContext): Printer =>
    (print) =>
      createTerminal({ write: print, width: () => terminal.columns, colour: terminal.colour }).batch,
  json: (): Printer => (print) => {
    const lines = createJsonLines(print);
    return ({ logs }) => {
      for (const log of [...logs].sort(byTime)) lines.log(log);
    };
  },
} as const;

/** `otlp-json` is made by its caller, which knows the resource; see agent/otlp-output.ts. */
export const createPrinted = (printer: Printer, { out, drained }: Pick<CommandContext, 'out' | 'drained'>): Output => {
  let flows = true;
  const write = printer((text) => {
    flows = out(text);
  });
  const reopened = async (): Promise<void> => {
    await drained();
    flows = true;
  };
  return {
    write,
    pressure: () => (flows ? undefined : reopened()),
    close: async () => {
      if (!flows) await reopened();
    },
  };
};

/** The promises of all outputs that want a pause, as one. */
export const pressureOf = (outputs: readonly Output[]): Promise<void> | undefined => {
  const waits = outputs.map((output) => output.pressure()).filter((wait) => wait !== undefined);
  return waits.length === 0 ? undefined : Promise.all(waits).then(() => undefined);
};

export const printerOf = (context: CommandContext, otlpJson: Printer): Printer => {
  const { output } = context.settings;
  if (output === 'otlp-json') return otlpJson;
  return printers[output](context);
};
export type { Printer };
