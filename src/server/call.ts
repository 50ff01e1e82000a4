// A request on its way through the pipeline, as operations see it. One object per request on the hot path: a class, so that
// what few requests need is made by getters on first use.
import { addressNetwork } from '../core/address-network.ts'
import type { Identity } from '../core/identity.ts'
import { type Allowance, allowanceFor } from '../core/policy/allowance.ts'
import type { Caller } from '../service/access/authenticate.ts'
import { type Described, describe, requestKeys } from '../service/access/context-keys.ts'
import { regionOf } from '../service/access/region.ts'
import type { Subject } from '../service/contracts/subject.ts'
import type { Call } from '../service/operation.ts'
import type { Exchange } from './exchange.ts'
import { type LimitKind, type Limits, type SharedKind, shareOf } from './limits.ts'
import type { Metrics } from './metrics.ts'

/** What of a request a call is made from. */
interface CallSource {
  readonly exchange: Exchange
  readonly contract: { readonly service: string; readonly name: string }
  readonly now: Date
}

/** Takes from a token bucket. */
export type Within = (kind: LimitKind, name: string, now: Date) => boolean

/** Takes from these limits, and counts what was not there. */
export const withinLimits =
  (limits: Pick<Limits, 'take'>, metrics: Pick<Metrics, 'limited'>): Within =>
  (kind, name, now) => {
    const there = limits.take(kind, name, now)
    if (!there) metrics.limited(kind)
    return there
  }

export class RequestCall implements Call {
  readonly now: Date
  readonly service: string
  readonly operation: string
  readonly identity: Identity
  readonly subject: Subject | undefined
  readonly name: Call['name']
  readonly from: Call['from']
  readonly allowance: Allowance
  readonly certificate: Call['certificate']
  readonly #exchange: Exchange
  readonly #described: Described
  readonly #within: Within
  #keys: Call['keys'] | undefined

  constructor(
    { exchange, contract, now }: CallSource,
    { identity, subject, presented, certificate }: Caller,
    within: Within,
    allowance: Allowance = allowanceFor(1),
  ) {
    const { address, tls, userAgent, referer, host } = exchange.from
    this.now = now
    this.service = contract.service
    this.operation = contract.name
    this.identity = identity
    this.subject = subject
    this.#described = describe(identity, subject)
    this.name = this.#described.name
    const region = regionOf(contract.service, presented?.region)
    this.from = { address, tls, userAgent, referer, host, region }
    this.#exchange = exchange
    this.#within = within
    this.allowance = allowance
    this.certificate = certificate
  }

  get requestId() {
    return this.#exchange.requestId
  }
  get keys() {
    this.#keys ??= requestKeys(this.identity, this.#described, this.from, this.now)
    return this.#keys
  }
  get signal() {
    return this.#exchange.signal
  }
  get body() {
    return this.#exchange.body
  }
  within(kind: SharedKind, name: string): boolean {
    // The share first: what an address may not take is left to others.
    const own = `${name} ${addressNetwork(this.from.address)}`
    return this.#within(shareOf[kind], own, this.now) && this.#within(kind, name, this.now)
  }
}
