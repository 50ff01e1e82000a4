// The browsers in which people are signed in, as the store keeps them: a cookie's digest, and the sign-ins that it stands for.
import type { Collection } from '../../../store/store.ts'

export interface PeopleBrowserRecord {
  /** `system`: people belong to no account. */
  readonly account: string
  /** SHA-256 of the cookie's id, base64url: who reads the store holds no cookie. */
  readonly cookie: string
  /** ms: when the sign-in ends at the latest. */
  readonly until: number
  /** The sign-ins' ids, sealed to (account, cookie, 'browser'). */
  readonly sealed: string
}

export const peopleBrowsers: Collection<PeopleBrowserRecord, 'until'> = {
  name: 'people_browser',
  key: (r) => [r.account, r.cookie],
  indexes: { until: { of: (r) => [r.until, r.account, r.cookie] } },
  shape: 1,
  upgrade: (old) => old as PeopleBrowserRecord,
}
