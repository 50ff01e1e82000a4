// Credentials of a target: an STS that is not this one. The broker is known there by a token of its own issuer, and has no key.
import type { Wish } from '../../service/people/entitled.ts'
import type { Exchange } from '../exchange.ts'
import type { Broker, Given, NotGiven } from './broker.ts'

export interface Elsewhere extends Pick<Broker, 'consoleLink'> {
  assumeRole(exchange: Exchange, wish: Wish, now: Date): Promise<Given | NotGiven>
  federationToken(exchange: Exchange, wish: Wish, now: Date): Promise<Given | NotGiven>
}

const none = {
  refused: { code: 'ServiceUnavailable', status: 503, message: 'No target can be reached yet.' },
  requestId: '',
}
export const nowhere: Elsewhere = {
  assumeRole: async () => none,
  federationToken: async () => none,
  consoleLink: async () => undefined,
}
