// A sign-in that this browser has begun at an OpenID Connect provider: its state, nonce and PKCE verifier (RFC 6749 10.12, RFC 7636,
// OpenID Connect Core 1.0, 15.5.2). All three are computed under the installation's secret from the browser's cookie, the connector,
// chance and the time: so nothing is stored for a sign-in that anybody may begin, every node knows its own, and the verifier goes
// to the token endpoint alone.
import { hash } from 'node:crypto'
import { equal } from '../../core/sigv4/verify.ts'
import type { OidcConnector } from '../../service/contracts/people.ts'
import type { OwnKeys } from '../../service/saml/own-keys.ts'

export interface Begun {
  readonly state: string
  readonly nonce: string
  readonly verifier: string
}

/** How long a person has at the provider. */
const longestMs = 300_000
/** 128 bits of chance, the time in seconds, the code. */
const shape = /^([0-9a-f]{32})-([0-9]{1,12})-([0-9a-f]{64})$/

type Whose = Pick<OidcConnector, 'name' | 'issuer' | 'clientId'>

function begunOf({ mac }: Pick<OwnKeys, 'mac'>, browser: string, whose: Whose, chance: string, seconds: string): Begun {
  // Of any characters: hashed, they cannot be taken for another part.
  const provider = hash('sha256', JSON.stringify([whose.issuer, whose.clientId]))
  const about = `${chance}\n${seconds}\n${browser}\n${whose.name}\n${provider}`
  return {
    state: `${chance}-${seconds}-${mac.mac(`oidc-state\n${about}`)}`,
    nonce: mac.mac(`oidc-nonce\n${about}`),
    verifier: mac.mac(`oidc-verifier\n${about}`),
  }
}

export const newBegun = (
  keys: Pick<OwnKeys, 'mac'>,
  browser: string,
  whose: Whose,
  random: (bytes: number) => Buffer,
  now: Date,
): Begun => begunOf(keys, browser, whose, random(16).toString('hex'), `${Math.floor(now.getTime() / 1000)}`)

/** What this browser began at this connector; `id` and `until` (ms) are what it counts once by. Undefined: it did not, or long ago. */
export function readBegun(
  keys: Pick<OwnKeys, 'mac'>,
  browser: string,
  whose: Whose,
  state: string,
  now: Date,
): (Begun & { readonly id: string; readonly until: number }) | undefined {
  const [, chance, seconds] = shape.exec(state) ?? []
  if (chance === undefined || seconds === undefined) return undefined
  const begun = begunOf(keys, browser, whose, chance, seconds)
  const until = Number(seconds) * 1000 + longestMs
  const isTimely = now.getTime() < until && now.getTime() >= until - longestMs - 60_000
  return equal(begun.state, state) && isTimely ? { ...begun, id: chance, until } : undefined
}
