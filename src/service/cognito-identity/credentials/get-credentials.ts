// GetCredentialsForIdentity: the enhanced flow. The pool's role, chosen here, is assumed for the identity the way every role
// is (API Reference; Amazon Cognito Developer Guide, "Enhanced (simplified) authflow").
import { isRoleOf } from '../../../core/arn.ts'
import type { ProofIdentity } from '../../../federation/proof-identity.ts'
import { Refusal } from '../../../wire/errors.ts'
import type { Parts } from '../../parts.ts'
import { assume, assumeChecks, planSession, type SessionPlan, type SessionRequest } from '../../session/assume.ts'
import { lineageOf } from '../../session/lineage.ts'
import { unsigned } from '../define.ts'
import { settle } from '../identities/linking.ts'
import { ownProvider } from '../identities/logins.ts'
import { type Named, namedIdentity, sessionTagsOf } from '../identities/prove.ts'
import { badConfiguration, forbidden, mappingDenies } from '../refusals.ts'
import { guestManagedPolicy, guestPolicy } from './guest-policy.ts'
import { chooseRole, guestRole, loginsWithoutClaims } from './role-choice.ts'
import { proofOf } from './tokens.ts'

/** What AWS calls every session of the enhanced flow. */
const sessionName = 'CognitoIdentityCredentials'

interface Target {
  readonly named: Named
  readonly session: SessionPlan
  readonly identity: ProofIdentity
}

export const getCredentialsForIdentity = (parts: Parts) =>
  unsigned<'GetCredentialsForIdentity'>()<Target>({
    load: async ({ IdentityId, Logins, CustomRoleArn }, call) => {
      const named = await namedIdentity(parts, call, IdentityId, Logins)
      const { view, proof, plan, amr } = named
      const roleArn = roleOf(named, CustomRoleArn)
      const identity = proofOf({ pool: view.pool.id, identity: plan.identity.id, amr, from: proof.own?.from })
      const request: SessionRequest = {
        roleArn,
        sessionName,
        ...(plan.guest ? { inlinePolicy: guestPolicy, managedArns: [guestManagedPolicy] } : { managedArns: [] }),
        tags: plan.guest ? [] : sessionTagsOf(view, proof, plan.identity.id),
        transitive: [],
      }
      return { named, session: await misconfigured(() => planSession(parts, request, undefined)), identity }
    },
    checks: (_, { session }) => assumeChecks('sts:AssumeRoleWithWebIdentity', session, []),
    // A role that does not trust the pool is a mistake of the pool's owner: callers see no difference to a missing role.
    denied: 'report',
    handle: async (_, { named, session, identity }, { now }, decisions) => {
      if (decisions.length === 0 || !decisions.every(({ allow }) => allow)) throw badConfiguration('not trusted')
      const lineage = lineageOf(identity, undefined)
      const keys = new Map([...identity.keys, ['aws:federatedprovider', ownProvider] as const])
      const { Credentials } = await misconfigured(() => assume(parts, session, { lineage, keys }, now))
      const { SecretAccessKey, ...rest } = Credentials
      return { IdentityId: named.plan.identity.id, Credentials: { ...rest, SecretKey: SecretAccessKey } }
    },
    commit: (_, { named }) => {
      const { plan, request } = named
      if (plan.settled) return undefined
      return async (tx) => {
        await settle(tx, request, plan)
      }
    },
    audit: {
      readOnly: true,
      asker: ({ identity }) => identity,
      resources: (_, { session }) => [{ accountId: session.roleAccount, type: 'AWS::IAM::Role', ARN: session.arn }],
      copyTo: (_, { session }) => session.roleAccount,
      issued: (_, { session }) => session.issued,
    },
  })

/** @throws NotAuthorizedException, InvalidIdentityPoolConfigurationException */
function roleOf({ view, proof, plan }: Named, custom: string | undefined): string {
  const { pool, roles } = view
  // A guest's CustomRoleArn is ignored.
  const logins = [...proof.verified, ...loginsWithoutClaims(roles, proof.own?.amr ?? [])]
  const choice = plan.guest ? guestRole(roles) : chooseRole(roles, logins, custom)
  if ('role' in choice) {
    // INVARIANT: whatever a token or a mapping says, no pool hands out another account's role.
    if (!isRoleOf(choice.role, pool.account)) throw badConfiguration(`${choice.role} is not a role of ${pool.account}`)
    return choice.role
  }
  switch (choice.rejected) {
    case 'none':
      throw badConfiguration('the pool has no role for such identities')
    case 'ambiguous':
      throw mappingDenies(choice.provider)
    case 'not-listed':
      throw forbidden(plan.identity.id, 'neither the token nor a rule gives the role that was asked for')
  }
}

/** What STS would refuse the pool's role is, to the pool's callers, a wrong configuration of the pool. */
async function misconfigured<T>(work: () => T | Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    if (error instanceof Refusal && error.fault === 'Sender') throw badConfiguration(`${error.code}: ${error.message}`)
    throw error
  }
}
