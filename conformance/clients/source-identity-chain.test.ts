// What role chaining passes on, and what it requires: permission for the source identity on both sides, for tags in the trust
// policy, and the size that inherited tags take (IAM User Guide, "Monitor and control actions taken with assumed roles",
// "Passing session tags in AWS STS").
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { AssumeRoleCommand, type AssumeRoleCommandInput, GetSessionTokenCommand } from '@aws-sdk/client-sts'
import { allow, assume, keysOf, person, policy, role, trusts } from './people.ts'
import { denied, refused } from './refused.ts'
import { type Clients, testServer } from './server.ts'

const server = await testServer()
const root = server.as(server.root)
const ann = await person(root, 'ann', allow('sts:*'))

const everything = ['sts:AssumeRole', 'sts:TagSession', 'sts:SetSourceIdentity']
const sessionOf = (name: string) => `arn:aws:sts::${server.account}:assumed-role/${name}/session`

/** A first role that ann assumes and a second that trusts it, by its own ARN. */
let count = 0
async function chain(permissions: string, trusted: readonly string[], condition: object = {}) {
  const first = `First${++count}`
  const hop = await role(root, first, trusts(ann.arn, everything), { permissions })
  const next = await role(root, `Second${count}`, trusts(hop, trusted, condition))
  const enter = (wanted: Partial<AssumeRoleCommandInput> = {}) => assume(server, server.as(ann.keys), hop, wanted)
  return { next, enter, session: sessionOf(first) }
}

const mayAssume = allow('sts:AssumeRole')
const maySet = allow(['sts:AssumeRole', 'sts:SetSourceIdentity'])

describe('a source identity in role chaining is allowed by both sides, in one account as well', () => {
  const ways: Readonly<Record<string, readonly [Partial<AssumeRoleCommandInput>, Partial<AssumeRoleCommandInput>]>> = {
    inherited: [{ SourceIdentity: 'ann' }, {}],
    'inherited and said again': [{ SourceIdentity: 'ann' }, { SourceIdentity: 'ann' }],
    'set by the session': [{}, { SourceIdentity: 'ann' }],
  }
  for (const [how, [before, then]] of Object.entries(ways)) {
    test(`${how}: refused where the caller’s own policy does not allow it`, async () => {
      const { next, enter, session } = await chain(mayAssume, everything)
      await refused(assume(server, await enter(before), next, then), denied(session, 'sts:SetSourceIdentity', next))
    })
    test(`${how}: refused where a session policy does not allow it`, async () => {
      const { next, enter, session } = await chain(maySet, everything)
      const first = await enter({ ...before, Policy: mayAssume })
      await refused(assume(server, first, next, then), denied(session, 'sts:SetSourceIdentity', next))
    })
    test(`${how}: refused where the trust does not allow it`, async () => {
      const { next, enter, session } = await chain(maySet, ['sts:AssumeRole'])
      await refused(assume(server, await enter(before), next, then), denied(session, 'sts:SetSourceIdentity', next))
    })
    test(`${how}: allowed by both`, async () => {
      const { next, enter } = await chain(maySet, everything)
      await assume(server, await enter(before), next, then)
    })
  }
  test('without a source identity, sts:SetSourceIdentity is not required', async () => {
    const { next, enter } = await chain(mayAssume, ['sts:AssumeRole'])
    await assume(server, await enter(), next)
  })
  test('a user is no chain: trust that names the user suffices, with its key and with a session of its own', async () => {
    const bare = await person(root, 'bare')
    const arn = await role(root, 'TrustsBare', trusts(bare.arn, everything))
    await assume(server, server.as(bare.keys), arn, { SourceIdentity: 'bare' })
    const { Credentials } = await server.as(bare.keys).sts.send(new GetSessionTokenCommand({}))
    await assume(server, server.as(keysOf(Credentials)), arn, { SourceIdentity: 'bare' })
  })
})

describe('policies read an inherited source identity under both keys, though nothing was passed', () => {
  for (const key of ['sts:SourceIdentity', 'aws:SourceIdentity']) {
    for (const [where, holds] of [
      ['ann', true],
      ['bob', false],
    ] as const) {
      const condition = { StringEquals: { [key]: where } }
      test(`${key} ${where} in the trust: ${holds ? 'allowed' : 'refused'}`, async () => {
        const { next, enter, session } = await chain(maySet, everything, condition)
        const asked = assume(server, await enter({ SourceIdentity: 'ann' }), next)
        await (holds ? asked : refused(asked, denied(session, 'sts:AssumeRole', next)))
      })
      test(`${key} ${where} in the caller’s own policy: ${holds ? 'allowed' : 'refused'}`, async () => {
        const own = policy(
          { Action: 'sts:AssumeRole', Resource: '*' },
          { Action: 'sts:SetSourceIdentity', Resource: '*', Condition: condition },
        )
        const { next, enter, session } = await chain(own, everything)
        const asked = assume(server, await enter({ SourceIdentity: 'ann' }), next)
        await (holds ? asked : refused(asked, denied(session, 'sts:SetSourceIdentity', next)))
      })
    }
  }
})

describe('inherited tags', () => {
  const tags = (many: number, size: number) => {
    const Tags = Array.from({ length: many }, (_, n) => ({ Key: `key${n}`, Value: 'v'.repeat(size) }))
    return { Tags, TransitiveTagKeys: Tags.map(({ Key }) => Key) }
  }
  const sizeOf = async (clients: Clients, RoleArn: string, more: Partial<AssumeRoleCommandInput> = {}) =>
    (await clients.sts.send(new AssumeRoleCommand({ RoleArn, RoleSessionName: 'session', ...more }))).PackedPolicySize

  test('count in the packed size of a session that passes none, as the same tags passed do', async () => {
    const { next, enter } = await chain(mayAssume, everything)
    const passed = await role(root, 'Passed', trusts(ann.arn, everything))
    const inherited = await sizeOf(await enter(tags(3, 100)), next)
    assert.ok((inherited ?? 0) > 0)
    assert.equal(inherited, await sizeOf(server.as(ann.keys), passed, tags(3, 100)))
  })
  test('make it too large with what is passed on top', async () => {
    const { next, enter } = await chain(mayAssume, everything)
    const first = await enter(tags(4, 250))
    const more = Array.from({ length: 4 }, (_, n) => ({ Key: `more${n}`, Value: 'v'.repeat(250) }))
    const wanted = { RoleArn: next, RoleSessionName: 'session', Tags: more }
    await assert.rejects(first.sts.send(new AssumeRoleCommand(wanted)), {
      name: 'PackedPolicyTooLargeException',
      message: /^Packed size of session tags consumes 1\d\d% of allotted space\.$/,
    })
  })
  test('need sts:TagSession in the trust, and of the caller where the trust delegates', async () => {
    const { next, enter, session } = await chain(mayAssume, ['sts:AssumeRole'])
    await refused(assume(server, await enter(tags(1, 1)), next), denied(session, 'sts:TagSession', next))
    const delegating = await role(root, 'DelegatesTagging', trusts(server.account, everything))
    await refused(assume(server, await enter(tags(1, 1)), delegating), denied(session, 'sts:TagSession', delegating))
  })
})
