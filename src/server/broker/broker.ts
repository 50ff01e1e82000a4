// The broker: what gets credentials for a person who has signed in. It holds no key. Here it is an IAM user without access keys,
// elsewhere the bearer of a token of its own issuer.
import type { AllowedEntitlement, AllowedRole, Target } from '../../service/contracts/people-table.ts'
import type { SignIn } from '../../service/contracts/sign-ins.ts'
import type { Credentials } from '../../service/session/issue.ts'
import type { Exchange } from '../exchange.ts'

/** What a person was given. */
export interface Given {
  readonly credentials: Credentials
  /** ARN of the session: `arn:aws:sts::…:assumed-role/…`, `…:federated-user/…`. */
  readonly arn: string
  readonly requestId: string
}

/** Why not, in AWS's form. */
export interface NotGiven {
  readonly refused: { readonly code: string; readonly status: number; readonly message: string }
  readonly requestId: string
}

export interface Broker {
  /** Assumes a role for the person: one that the table gives them now. `seconds`: shorter than the row's. */
  assumeRole(
    exchange: Exchange,
    signIn: SignIn,
    role: AllowedRole,
    seconds: number | undefined,
    now: Date,
  ): Promise<Given | NotGiven>
  /** Credentials of a federated user, limited by the person's entitlements. */
  federationToken(
    exchange: Exchange,
    signIn: SignIn,
    entitlement: AllowedEntitlement,
    seconds: number | undefined,
    now: Date,
  ): Promise<Given | NotGiven>
  /** A link that opens the console of a target with these credentials, good once for minutes. Undefined: the target gave none. */
  consoleLink(target: Target, given: Given, seconds: number, destination?: string): Promise<string | undefined>
}
