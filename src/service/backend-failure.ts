// A backend's failure, for whoever asked it: thrown by the gateway's sockets, and understood by the services.
import type { BackendTrouble } from './contracts/backends.ts'

/**
 * No answer, or only a part of one. `sent`: bytes of the request went out, so that a write may have happened. The message is for
 * the operator alone; it has no credentials in it, and nothing that a backend wrote.
 */
export class BackendFailure extends Error {
  override readonly name = 'BackendFailure'
  readonly why: BackendTrouble
  readonly sent: boolean
  constructor(why: BackendTrouble, sent: boolean, detail: string) {
    super(detail)
    this.why = why
    this.sent = sent
  }
}
