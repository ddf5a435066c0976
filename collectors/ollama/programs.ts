// Which program of a shared log is Ollama. Compose, journald and kubectl name the writer of each line; a name with `ollama`
// in it is taken at once, another one when it has written a record of Ollama's form. The rest is other programs' output.

/** Names remembered: a host has some dozens of services. */
const NAMES_MAX = 256;

export type Programs = {
  readonly isOllama: (program: string, text: string, isRecord: (text: string, from: number) => boolean) => boolean;
};

export const createPrograms = (): Programs => {
  const known = new Set<string>();
  return {
    isOllama: (program, text, isRecord) => {
      if (known.has(program)) return true;
      if (!program.toLowerCase().includes('ollama') && !isRecord(text, 0)) return false;
      if (known.size < NAMES_MAX) known.add(program);
      return true;
    },
  };
};
