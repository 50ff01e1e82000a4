// Makes identity pools for scenarios over the API, with the trust policies that AWS's console writes.
import {
  CreateIdentityPoolCommand,
  type CreateIdentityPoolCommandInput,
  SetIdentityPoolRolesCommand,
} from '@aws-sdk/client-cognito-identity'
import { allow, policy, role } from './people.ts'
import type { Clients } from './server.ts'

const cognito = 'cognito-identity.amazonaws.com'

/** The console's trust policy: identities of this pool, signed in or not. */
const poolTrust = (pool: string, amr: 'authenticated' | 'unauthenticated', Action: string | string[] = assume) =>
  policy({
    Principal: { Federated: cognito },
    Action,
    Condition: {
      StringEquals: { [`${cognito}:aud`]: pool },
      'ForAnyValue:StringLike': { [`${cognito}:amr`]: amr },
    },
  })
const assume = 'sts:AssumeRoleWithWebIdentity'

let made = 0
/** A pool with a role for guests and one for those who signed in. */
export async function makePool(admin: Clients, more: Partial<CreateIdentityPoolCommandInput> = {}) {
  const { IdentityPoolId = '' } = await admin.cognito.send(
    new CreateIdentityPoolCommand({ IdentityPoolName: 'app', AllowUnauthenticatedIdentities: true, ...more }),
  )
  made++
  const permissions = allow(['iam:ListUsers', 's3:GetObject'])
  const actions = [assume, 'sts:TagSession']
  const guests = await role(admin, `guests${made}`, poolTrust(IdentityPoolId, 'unauthenticated'), { permissions })
  const people = await role(admin, `people${made}`, poolTrust(IdentityPoolId, 'authenticated', actions), {
    permissions,
  })
  const Roles = { authenticated: people, unauthenticated: guests }
  await admin.cognito.send(new SetIdentityPoolRolesCommand({ IdentityPoolId, Roles }))
  return { IdentityPoolId, guests: `guests${made}`, people: `people${made}` }
}
