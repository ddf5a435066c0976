// One spelling for a PCI place, so that nvidia-smi, the kernel and Ollama's load lines can be joined: `dddd:bb:dd`, lower case.
// The function (`.0`) is dropped: the kernel's Xid lines never print it.

const BUS = /^(?:PCI:)?(?:([0-9a-f]{4,8}):)?([0-9a-f]{2}):([0-9a-f]{2})(?:\.[0-7])?$/i;

/**
 * `00000000:3B:00.0`, `PCI:0000:3b:00`, `0000:3B:00.0` and `3b:00.0` all give `0000:3b:00`; anything else gives undefined.
 * A domain above 0xffff keeps its eight digits (nvidia-smi prints eight, the kernel four or more).
 */
export const normaliseBus = (text: string): string | undefined => {
  const found = BUS.exec(text.trim());
  if (found === null) return undefined;
  const [, domain = '0000', bus = '', device = ''] = found;
  const short = domain.length > 4 && domain.slice(0, -4).replaceAll('0', '') === '' ? domain.slice(-4) : domain;
  return `${short}:${bus}:${device}`.toLowerCase();
};
