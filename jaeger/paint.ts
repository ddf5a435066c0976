// Colour for terminals, always beside a word or a shape that says the same: switched off it changes nothing but looks.

const codes = { dim: '2', bar: '36', good: '32', warn: '33', error: '31' } as const;

export type Shade = keyof typeof codes;
export type Paint = (shade: Shade, text: string) => string;

/** Wraps text in SGR escapes when `colour` is on. Widths are computed before painting. */
export const paintWith =
  (colour: boolean): Paint =>
  (shade, text) =>
    colour && text !== '' ? `\u001b[${codes[shade]}m${text}\u001b[0m` : text;
