// GetCredentialsForIdentity: the enhanced flow. The pool's role, chosen here, is assumed for the identity the way every role
// is (API Reference; Amazon Cognito Developer Guide, "Enhanced (simplified) authflow").
import type { ProofIdentity } from '../../../federation/proof-identity.ts'
import { Refusal } from '../../../wire/errors.ts'
import type { Parts } from '../../parts.ts'
import { assume, assumeChecks, planSession, type SessionPlan } from '../../session/assume.ts'
import { lineageOf } from '../../session/lineage.ts'
import { unsigned } from '../define.ts'
import { settle } from '../identities/linking.ts'
import { ownProvider } from '../identities/logins.ts'
import { type Named, namedIdentity, sessionTagsOf } from '../identities/prove.ts'
import { badConfiguration, forbidden, mappingDenies } from '../refusals.ts'
import { guestManagedPolicy, guestPolicy } from './guest-policy.ts'
import { chooseRole, guestRole, isRoleOf, unread } from './role-choice.ts'
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
      const request = {
        roleArn,
        sessionName,
        ...(plan.guest ? { inline: guestPolicy, managed: [guestManagedPolicy] } : { managed: [] }),
        tags: plan.guest ? [] : sessionTagsOf(view, proof, plan.identity.id),
        transitive: [],
      }
      return { named, session: await misconfigured(() => planSession(parts, request, undefined)), identity }
    },
    checks: (_, { session }) => assumeChecks('sts:AssumeRoleWithWebIdentity', session, []),
    // A role that does not trust the pool is the pool's owner's mistake: it is not told apart from one that is not there.
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
      const { plan, asked } = named
      if (plan.settled) return undefined
      return async (tx) => {
        await settle(tx, asked, plan)
      }
    },
    audit: {
      readOnly: true,
      asker: ({ identity }) => identity,
      resources: (_, { session }) => [{ accountId: session.owner, type: 'AWS::IAM::Role', ARN: session.arn }],
      copyTo: (_, { session }) => session.owner,
      issued: (_, { session }) => session.issued,
    },
  })

/** @throws NotAuthorizedException, InvalidIdentityPoolConfigurationException */
function roleOf({ view, proof, plan }: Named, custom: string | undefined): string {
  const { pool, roles } = view
  // Asked for by a guest, a role is not looked at.
  const brought = [...proof.verified, ...unread(roles, proof.own?.amr ?? [])]
  const choice = plan.guest ? guestRole(roles) : chooseRole(roles, brought, custom)
  if ('role' in choice) {
    if (!isRoleOf(choice.role, pool.account)) throw badConfiguration(`${choice.role} is no role of ${pool.account}`)
    return choice.role
  }
  switch (choice.rejected) {
    case 'none':
      throw badConfiguration('the pool has no role for them')
    case 'ambiguous':
      throw mappingDenies(choice.provider)
    case 'not-listed':
      throw forbidden(plan.identity.id, 'neither the token nor a rule gives the role that was asked for')
  }
}

/** What STS would refuse is, to whoever calls the pool, a pool that was set up wrongly. */
async function misconfigured<T>(work: () => T | Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    if (error instanceof Refusal && error.fault === 'Sender') throw badConfiguration(`${error.code}: ${error.message}`)
    throw error
  }
}
