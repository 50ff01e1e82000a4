// Causes of refusals that no policy makes, by which `hallpass why` knows them (causes.ts has what is said of each).

/** Of what a caller may not do at all, and of limits. Whoever refuses so names it by this type. */
export type BarCause =
  | 'unsigned'
  | 'token-without-mfa'
  | 'federated-session'
  | 'user-session'
  | 'source-identity-changed'
  | 'not-management-account'
  | 'port-not-named'
  | 'not-hearing'
  | 'store'
  | 'rate-per-pool'
  | 'rate-per-provider'
  | 'turns'
  | 'no-key'
