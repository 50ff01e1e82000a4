// Credentials of whoever is signed in by `hallpass login`: of a role, or of what the person may have in an account.
import { brokerPaths, type CredentialsAnswer } from '../../wire/broker-api.ts'
import type { CredentialSource } from '../credential-source.ts'
import type { KeptSignIn } from '../kept-sign-in.ts'
import { askAsPerson, type SignInUse } from '../sign-in-access.ts'

/** A role's ARN, or an account. */
export type Wanted = { readonly role: string } | { readonly account: string }

/** What the broker is asked. */
export function wishOf(wanted: Wanted, durationSeconds?: number): object {
  const duration = durationSeconds === undefined ? {} : { durationSeconds }
  return 'role' in wanted ? { ...wanted, ...duration } : { federationToken: { account: wanted.account, ...duration } }
}

export const signInSource = (
  signIn: KeptSignIn,
  use: SignInUse,
  wanted: Wanted,
  durationSeconds?: number,
): CredentialSource => ({
  name: `the sign-in of ${signIn.login} at ${signIn.url}`,
  // Not ended half-way: a refresh token counts once.
  async fetch() {
    const wish = wishOf(wanted, durationSeconds)
    const { Credentials } = await askAsPerson<CredentialsAnswer>(signIn, use, brokerPaths.credentials, wish)
    const { AccessKeyId, SecretAccessKey, SessionToken, Expiration } = Credentials
    return {
      ...{ accessKeyId: AccessKeyId, secretAccessKey: SecretAccessKey, sessionToken: SessionToken },
      expiration: new Date(Expiration),
      ...('role' in wanted ? { roleArn: wanted.role } : {}),
    }
  },
})
