// JSON text from outside as data, or undefined: a broken line is a counted class, never an exception.

export type JsonObject = { readonly [key: string]: unknown };

/** The object that `text` is, or undefined when it is not JSON or not an object. */
export const jsonObject = (text: string): JsonObject | undefined => {
  try {
    const value: unknown = JSON.parse(text);
    // The named seam: an object of JSON has string keys and unknown values.
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as JsonObject) : undefined;
  } catch {
    return undefined;
  }
};

/** A string member, or undefined. */
export const stringOf = (object: JsonObject, key: string): string | undefined => {
  const value = object[key];
  return typeof value === 'string' ? value : undefined;
};
