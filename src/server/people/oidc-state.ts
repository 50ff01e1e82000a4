// A sign-in that this browser has begun at an OpenID Connect provider: its state, nonce and PKCE verifier (RFC 6749 10.12, RFC 7636,
// OpenID Connect Core 1.0, 15.5.2). All three are computed under the installation's secret from the browser's cookie, the connector,
// chance and the time: so nothing is stored for a sign-in that anybody may begin, every node knows its own, and the verifier goes
// to the token endpoint alone.
import { hash } from 'node:crypto'
import { equal } from '../../core/sigv4/verify.ts'
import type { OidcConnector } from '../../service/contracts/people-table.ts'
import type { OwnKeys } from '../../service/saml/own-keys.ts'

export interface Begun {
  readonly state: string
  readonly nonce: string
  readonly verifier: string
}

/** How long a person has at the provider. */
const longestMs = 300_000
/** How far another node's clock may be ahead. */
const aheadMs = 60_000
/** 128 bits of chance, the time in seconds, where it leads in the end (sealed, if anywhere), the code. */
const shape = /^([0-9a-f]{32})-([0-9]{1,12})-([A-Za-z0-9_-]*)\.([0-9a-f]{64})$/

type Whose = Pick<OidcConnector, 'name' | 'issuer' | 'clientId'>

interface Drawn {
  readonly chance: string
  readonly seconds: string
  /** '' for none. */
  readonly next: string
}

function begunOf(
  { mac }: Pick<OwnKeys, 'mac'>,
  browser: string,
  whose: Whose,
  { chance, seconds, next }: Drawn,
): Begun & { readonly code: string } {
  // Of any characters: hashed, they cannot be taken for another part.
  const provider = hash('sha256', JSON.stringify([whose.issuer, whose.clientId]))
  const about = `${chance}\n${seconds}\n${next}\n${browser}\n${whose.name}\n${provider}`
  const code = mac.mac(`oidc-state\n${about}`)
  return {
    ...{ code, state: `${chance}-${seconds}-${next}.${code}` },
    nonce: mac.mac(`oidc-nonce\n${about}`),
    verifier: mac.mac(`oidc-verifier\n${about}`),
  }
}

/** `next`: the sealed text of where it leads. */
export function newBegun(
  keys: Pick<OwnKeys, 'mac'>,
  browser: string,
  whose: Whose,
  next: string | undefined,
  random: (bytes: number) => Buffer,
  now: Date,
): Begun {
  const seconds = `${Math.floor(now.getTime() / 1000)}`
  return begunOf(keys, browser, whose, { chance: random(16).toString('hex'), seconds, next: next ?? '' })
}

/** What a callback answers. `id` and `until` (ms) are what it counts once by. */
export interface Answered extends Begun {
  readonly next: string | undefined
  readonly id: string
  readonly until: number
}

/** What this browser began at this connector; undefined: it did not, or long ago. */
export function readBegun(
  keys: Pick<OwnKeys, 'mac'>,
  browser: string,
  whose: Whose,
  state: string,
  now: Date,
): Answered | undefined {
  const [, chance, seconds, next = '', code = ''] = shape.exec(state) ?? []
  if (chance === undefined || seconds === undefined) return undefined
  const begun = begunOf(keys, browser, whose, { chance, seconds, next })
  const until = Number(seconds) * 1000 + longestMs
  const isTimely = now.getTime() < until && now.getTime() >= until - longestMs - aheadMs
  if (!equal(begun.code, code) || !isTimely) return undefined
  return { ...begun, next: next === '' ? undefined : next, id: chance, until }
}
