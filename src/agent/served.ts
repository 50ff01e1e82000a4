// What the agent serves of a role: whole sets that have not ended, or why there is none.
import { type SourceCredentials, SourceRefused } from '../client/credential-source.ts'
import type { RenewedCredentials } from '../client/renewing.ts'
import { isoSeconds } from '../core/time.ts'

/** `refused`: the server said no, and asking again brings nothing; otherwise there was no answer. */
export interface NotServed {
  readonly refused: boolean
  readonly error?: unknown
  /** A sentence for people. */
  readonly why: string
}

export type Served = { readonly set: SourceCredentials } | NotServed

/** INVARIANT: what is served is whole and valid, whatever a source gives. Never rejects. */
export async function servedOf(credentials: Pick<RenewedCredentials, 'current'>, clock: () => Date): Promise<Served> {
  try {
    const set = await credentials.current()
    const isWhole = set.accessKeyId !== '' && set.secretAccessKey !== '' && set.sessionToken !== ''
    if (isWhole && set.expiration > clock()) return { set }
    return { refused: false, why: 'there are no valid credentials now' }
  } catch (error) {
    return { refused: error instanceof SourceRefused, error, why: (error as Error).message }
  }
}

/** The members of every form of answer. `Expiration` has whole seconds: botocore reads no others. */
export const membersOf = ({ accessKeyId, secretAccessKey, sessionToken, expiration }: SourceCredentials) => ({
  AccessKeyId: accessKeyId,
  SecretAccessKey: secretAccessKey,
  Token: sessionToken,
  Expiration: isoSeconds(expiration),
})
