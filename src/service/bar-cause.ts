// Causes of refusals that no policy makes. `hallpass why` explains each of them (audit/causes.ts).

/** What a caller may not do at all, and limits. The code that refuses for one of these names it by this type. */
export type BarCause =
  | 'unsigned'
  | 'token-without-mfa'
  | 'federated-session'
  | 'user-session'
  | 'broker-user'
  | 'source-identity-changed'
  | 'not-management-account'
  | 'port-not-named'
  | 'not-hearing'
  | 'store'
  | 'rate-per-pool'
  | 'rate-per-provider'
  | 'turns'
  | 'no-access-key'
  | 'unknown-member'
