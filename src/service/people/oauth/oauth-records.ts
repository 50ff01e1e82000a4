// What `hallpass login` leaves in the store (RFC 6749, 8628): codes, refresh tokens, requests of devices. Each is found by the
// digest of what was given out: who reads the store holds none of it.
import { removePast } from '../../../store/batches.ts'
import type { Collection, Store } from '../../../store/store.ts'

interface Kept {
  /** `system`. */
  readonly account: string
  /** Times are in ms. After it the record may go. */
  readonly until: number
}

/** An authorization code: what a person allowed, until a program has come for it. */
export interface OauthCode extends Kept {
  /** Of the code. */
  readonly id: string
  /** The sign-in of the browser in which it was allowed. */
  readonly signIn: string
  /** To the letter, its port with it. */
  readonly redirectUri: string
  /** PKCE's, S256. */
  readonly challenge: string
  readonly endsAt: number
  /** The sign-in that began with it. */
  readonly gave?: string
}

/** A refresh token. Those that were replaced stay until the sign-in is long over: whoever uses one is found out. */
export interface RefreshToken extends Kept {
  /** Of the token. */
  readonly id: string
  /** The command line's own. */
  readonly signIn: string
  /** When the sign-in ends. */
  readonly endsAt: number
  readonly usedAt?: number
  /** The one that replaced it: its digest, and itself sealed to (account, id, 'next'). */
  readonly next?: { readonly id: string; readonly sealed: string }
}

/** A device that asks for a sign-in, and what a person decided. */
export interface DeviceRequest extends Kept {
  /** Of the device code. */
  readonly id: string
  /** Of the code that a person types. */
  readonly userCode: string
  /** Where it was asked from, and that as limits count it. */
  readonly address: string
  readonly network: string
  readonly at: number
  readonly endsAt: number
  readonly polledAt: number
  readonly intervalMs: number
  /** The sign-in of the browser in which it was allowed. */
  readonly signIn?: string
  readonly denied?: true
  /** The sign-in that began with it. */
  readonly gave?: string
}

/** How many wrong codes of devices a person typed. */
export interface DeviceGuesses extends Kept {
  /** Of connector and person. */
  readonly id: string
  readonly count: number
}

/** A collection of these records. */
const kept = <R extends Kept & { readonly id: string }>(name: string): Collection<R, 'until'> => ({
  name,
  key: (r) => [r.account, r.id],
  indexes: { until: { of: (r) => [r.until, r.account, r.id] } },
  shape: 1,
  upgrade: (old) => old as R,
})

export const oauthCodes = kept<OauthCode>('oauth_code')
export const refreshTokens = kept<RefreshToken>('refresh_token')
export const deviceGuesses = kept<DeviceGuesses>('device_guesses')
export const deviceRequests: Collection<DeviceRequest, 'until' | 'code' | 'network'> = {
  ...kept<DeviceRequest>('device_request'),
  indexes: {
    until: { of: (r) => [r.until, r.account, r.id] },
    code: { of: (r) => [r.account, r.userCode], unique: true },
    network: { of: (r) => [r.account, r.network, r.at, r.id] },
  },
}

export const oauthCollections = [oauthCodes, refreshTokens, deviceRequests, deviceGuesses]

/** Removes what is over. Answers how many records that were. */
export async function sweepOauth(store: Store, now: Date): Promise<number> {
  const counts = [
    await removePast(store, oauthCodes, now),
    await removePast(store, refreshTokens, now),
    await removePast(store, deviceRequests, now),
    await removePast(store, deviceGuesses, now),
  ]
  return counts.reduce((sum, count) => sum + count)
}
