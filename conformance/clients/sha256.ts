// The hash that AWS's signer is handed, by node:crypto.
import { createHash, createHmac } from 'node:crypto'

export class Sha256 {
  readonly #hash: { update(data: string | Uint8Array): unknown; digest(): Buffer }
  constructor(secret?: string | Uint8Array | ArrayBuffer | ArrayBufferView) {
    this.#hash = secret === undefined ? createHash('sha256') : createHmac('sha256', secret as Uint8Array)
  }
  update(data: string | ArrayBuffer | ArrayBufferView): void {
    this.#hash.update(data as Uint8Array)
  }
  async digest(): Promise<Uint8Array> {
    return this.#hash.digest()
  }
  reset(): void {
    throw new TypeError('not used by the signer')
  }
}
