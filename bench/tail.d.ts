// The `tail` package ships no types: as much of it as the benchmark uses.
declare module 'tail' {
  export class Tail {
    constructor(path: string, options?: { fromBeginning?: boolean; follow?: boolean });
    on(event: 'line', listener: (line: string) => void): this;
    on(event: 'error', listener: (error: unknown) => void): this;
    unwatch(): void;
  }
}
