// Context keys in layers: those of one check over those of the request over those of the credential. A layer is made once
// for what it belongs to; nothing is copied, and policies look only at the few keys they name.
import type { Keys } from '../../core/identity.ts'

type Value = string | readonly string[]

/** `upper` over `lower`, as if the one had been written into the other. */
export class LayeredKeys implements ReadonlyMap<string, Value> {
  readonly #upper: Keys
  readonly #lower: Keys

  constructor(upper: Keys, lower: Keys) {
    this.#upper = upper
    this.#lower = lower
  }

  get(name: string): Value | undefined {
    const value = this.#upper.get(name)
    return value === undefined ? this.#lower.get(name) : value
  }
  has(name: string): boolean {
    return this.#upper.has(name) || this.#lower.has(name)
  }
  get size(): number {
    return this.#whole().size
  }
  entries() {
    return this.#whole().entries()
  }
  keys() {
    return this.#whole().keys()
  }
  values() {
    return this.#whole().values()
  }
  [Symbol.iterator]() {
    return this.entries()
  }
  forEach(each: (value: Value, key: string, map: ReadonlyMap<string, Value>) => void) {
    for (const [name, value] of this.#whole()) each(value, name, this)
  }

  /** For those who want all of them: the audit of a refusal, an explanation. */
  #whole(): Map<string, Value> {
    return new Map([...this.#lower, ...this.#upper])
  }
}
