// A value that must not reach a log, a trace or an error text: it prints `[redacted]` wherever it is turned to text.

/** `inspect.custom` of node:util, whose import loads what a small process does not need. */
export const inspected: unique symbol = Symbol.for('nodejs.util.inspect.custom')

export class Secret {
  readonly #value: string
  constructor(value: string) {
    this.#value = value
  }
  /** The one way to the value; a reader of the code can search for it. */
  reveal(): string {
    return this.#value
  }
  toString(): string {
    return '[redacted]'
  }
  toJSON(): string {
    return '[redacted]'
  }
  [inspected](): string {
    return '[redacted]'
  }
}
