// The tags of a role that is assumed are the role's own, whatever tags the caller's session hands down: in the trust policy
// and in every policy of the caller, under both spellings, for an Allow and for a Deny.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { CreatePolicyCommand, PutRolePermissionsBoundaryCommand } from '@aws-sdk/client-iam'
import { allow, assume, person, policy, role, type Statement, trusts } from './people.ts'
import { denied, refused } from './refused.ts'
import { testServer } from './server.ts'

const server = await testServer()
const root = server.as(server.root)
const ann = await person(root, 'ann', allow('sts:*'))

const tagging = ['sts:AssumeRole', 'sts:TagSession']
/** The role says `open` is `no`; the caller's session hands down that it is `yes`. */
const handedDown = { Tags: [{ Key: 'Open', Value: 'yes' }], TransitiveTagKeys: ['Open'] }

type Place = 'trust' | 'identity' | 'boundary' | 'session'

/** A chain of two roles, with the statements in one of the policies that are asked about the second. */
async function attempt(name: string, place: Place, statements: readonly Statement[]) {
  const own = (here: Place, everything: string) => (place === here ? policy(...statements) : everything)
  const anything = policy({ Action: '*', Resource: '*' })
  const carrier = await role(root, `Carrier${name}`, trusts(ann.arn, tagging), {
    permissions: own('identity', anything),
  })
  const trusted = own('trust', trusts(place === 'trust' ? carrier : server.account, tagging))
  const target = await role(root, `Target${name}`, trusted.replaceAll('CARRIER', carrier), { tags: { open: 'no' } })
  if (place === 'boundary') {
    const { Policy } = await root.iam.send(
      new CreatePolicyCommand({ PolicyName: `Bound${name}`, PolicyDocument: policy(...statements) }),
    )
    await root.iam.send(
      new PutRolePermissionsBoundaryCommand({ RoleName: `Carrier${name}`, PermissionsBoundary: Policy?.Arn ?? '' }),
    )
  }
  const session = place === 'session' ? { Policy: policy(...statements) } : {}
  const first = await assume(server, server.as(ann.keys), carrier, { ...handedDown, ...session })
  return { asked: async () => (await assume(server, first, target)).keys.accessKeyId, target }
}

let count = 0
for (const place of ['trust', 'identity', 'boundary', 'session'] as const) {
  describe(`in a ${place} policy`, () => {
    for (const key of ['aws:ResourceTag/open', 'iam:ResourceTag/open']) {
      for (const [value, effect, opens] of [
        ['yes', 'Allow', false],
        ['no', 'Allow', true],
        ['yes', 'Deny', true],
        ['no', 'Deny', false],
      ] as const) {
        test(`${effect} where ${key} is ${value} ${opens ? 'opens' : 'does not open'} a role that is tagged no`, async () => {
          const whom = place === 'trust' ? { Principal: { AWS: 'CARRIER' } } : { Resource: '*' }
          const conditional = {
            Effect: effect,
            Action: tagging,
            ...whom,
            Condition: { StringEquals: { [key]: value } },
          }
          const statements = effect === 'Allow' ? [conditional] : [{ Action: tagging, ...whom }, conditional]
          const name = `${place}${++count}`
          const { asked, target } = await attempt(name, place, statements)
          if (opens) return assert.match(await asked(), /^ASIA/)
          const caller = `arn:aws:sts::${server.account}:assumed-role/Carrier${name}/session`
          await refused(asked(), denied(caller, 'sts:AssumeRole', target))
        })
      }
    }
  })
}
