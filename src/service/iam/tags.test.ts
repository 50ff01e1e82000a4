// Tags of users, roles, managed policies and MFA devices: one table of the four.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { ACCOUNT, addRole, addUser, type Kit, openKit, questionsOf, refusalOf, run } from '../testing/operations-kit.ts'
import { iamOperations } from './operations.ts'

type Tags = { Key: string; Value: string }[]

interface Tagged {
  readonly title: string
  readonly arn: string
  readonly tag: (b: Kit, Tags: Tags) => Promise<unknown>
  readonly untag: (b: Kit, TagKeys: string[]) => Promise<unknown>
  readonly list: (
    b: Kit,
    page?: object,
  ) => Promise<{
    Tags?: { Key?: string | undefined; Value?: string | undefined }[] | undefined
    Marker?: string | undefined
  }>
  readonly missing: (b: Kit) => Promise<unknown>
  readonly says: string
  readonly asked: (b: Kit, Tags: Tags) => ReturnType<typeof questionsOf>
}

const policy = `arn:aws:iam::${ACCOUNT}:policy/P`
const serial = `arn:aws:iam::${ACCOUNT}:mfa/phone`
const ops = (b: Kit) => iamOperations(b.parts)

const things: readonly Tagged[] = [
  {
    title: 'a user',
    arn: `arn:aws:iam::${ACCOUNT}:user/Ada`,
    tag: (b, Tags) => run(b, ops(b).TagUser, { UserName: 'Ada', Tags }),
    untag: (b, TagKeys) => run(b, ops(b).UntagUser, { UserName: 'Ada', TagKeys }),
    list: (b, page) => run(b, ops(b).ListUserTags, { UserName: 'Ada', ...page }),
    missing: (b) => run(b, ops(b).TagUser, { UserName: 'None', Tags: [] }),
    says: 'NoSuchEntity: The user with name None cannot be found.',
    asked: (b, Tags) => questionsOf(ops(b).TagUser, { UserName: 'Ada', Tags }),
  },
  {
    title: 'a role',
    arn: `arn:aws:iam::${ACCOUNT}:role/R`,
    tag: (b, Tags) => run(b, ops(b).TagRole, { RoleName: 'R', Tags }),
    untag: (b, TagKeys) => run(b, ops(b).UntagRole, { RoleName: 'R', TagKeys }),
    list: (b, page) => run(b, ops(b).ListRoleTags, { RoleName: 'R', ...page }),
    missing: (b) => run(b, ops(b).UntagRole, { RoleName: 'None', TagKeys: [] }),
    says: 'NoSuchEntity: The role with name None cannot be found.',
    asked: (b, Tags) => questionsOf(ops(b).TagRole, { RoleName: 'R', Tags }),
  },
  {
    title: 'a managed policy',
    arn: policy,
    tag: (b, Tags) => run(b, ops(b).TagPolicy, { PolicyArn: policy, Tags }),
    untag: (b, TagKeys) => run(b, ops(b).UntagPolicy, { PolicyArn: policy, TagKeys }),
    list: (b, page) => run(b, ops(b).ListPolicyTags, { PolicyArn: policy, ...page }),
    missing: (b) => run(b, ops(b).TagPolicy, { PolicyArn: `${policy}x`, Tags: [] }),
    says: `NoSuchEntity: Policy ${policy}x was not found.`,
    asked: (b, Tags) => questionsOf(ops(b).TagPolicy, { PolicyArn: policy, Tags }),
  },
  {
    title: 'an MFA device',
    arn: serial,
    tag: (b, Tags) => run(b, ops(b).TagMFADevice, { SerialNumber: serial, Tags }),
    untag: (b, TagKeys) => run(b, ops(b).UntagMFADevice, { SerialNumber: serial, TagKeys }),
    list: (b, page) => run(b, ops(b).ListMFADeviceTags, { SerialNumber: serial, ...page }),
    missing: (b) => run(b, ops(b).TagMFADevice, { SerialNumber: `${serial}x`, Tags: [] }),
    says: `NoSuchEntity: MFA Device with serial number ${serial}x does not exist.`,
    asked: (b, Tags) => questionsOf(ops(b).TagMFADevice, { SerialNumber: serial, Tags }),
  },
]

async function made() {
  const b = await openKit()
  await addUser(b, 'Ada')
  await addRole(b, 'R')
  const PolicyDocument = '{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}'
  await run(b, ops(b).CreatePolicy, { PolicyName: 'P', PolicyDocument })
  await run(b, ops(b).CreateVirtualMFADevice, { VirtualMFADeviceName: 'phone' })
  return b
}

for (const { title, arn, tag, untag, list, missing, says, asked } of things) {
  describe(`tags of ${title}`, () => {
    test('are set, replaced without regard to case, listed by key, and taken away', async () => {
      const b = await made()
      await tag(b, [
        { Key: 'b', Value: '1' },
        { Key: 'a', Value: '' },
      ])
      await tag(b, [{ Key: 'B', Value: '2' }])
      assert.deepEqual((await list(b)).Tags, [
        { Key: 'B', Value: '2' },
        { Key: 'a', Value: '' },
      ])
      const first = await list(b, { MaxItems: 1 })
      assert.deepEqual((await list(b, { MaxItems: 1, Marker: first.Marker })).Tags, [{ Key: 'a', Value: '' }])
      await untag(b, ['b', 'nothing'])
      assert.deepEqual((await list(b)).Tags, [{ Key: 'a', Value: '' }])
    })

    test('are at most fifty', async () => {
      const b = await made()
      const many = (from: number, count: number) =>
        Array.from({ length: count }, (_, i) => ({ Key: `k${from + i}`, Value: '' }))
      await tag(b, many(0, 50))
      assert.match(await refusalOf(tag(b, many(50, 1))), /^LimitExceeded/)
      assert.equal(await refusalOf(tag(b, many(49, 1))), 'no refusal')
    })

    test('refuse a key twice, and AWS’s own', async () => {
      const b = await made()
      const twice = tag(b, [
        { Key: 'k', Value: '' },
        { Key: 'K', Value: '' },
      ])
      assert.equal(
        await refusalOf(twice),
        'InvalidInput: Duplicate tag keys found. Please note that Tag keys are case insensitive.',
      )
      assert.match(await refusalOf(tag(b, [{ Key: 'aws:x', Value: '' }])), /^InvalidInput/)
    })

    test('of one that is not there', async () => assert.equal(await refusalOf(missing(await made())), says))

    test('are asked about with the tags it has and those it is to get', async () => {
      const b = await made()
      await tag(b, [{ Key: 'Old', Value: '1' }])
      const [question] = await asked(b, [{ Key: 'New', Value: '2' }])
      assert.equal(question?.resource, arn)
      assert.deepEqual(
        question?.keys,
        new Map<string, unknown>([
          ['aws:resourcetag/old', '1'],
          ['iam:resourcetag/old', '1'],
          ['aws:requesttag/new', '2'],
          ['aws:tagkeys', ['New']],
        ]),
      )
    })
  })
}

test('a tag whose key only looks like another’s is asked about by its own name, not by the other’s', async () => {
  const kelvin = 'tas\u212A'
  const Tags = [
    { Key: 'task', Value: 'production' },
    { Key: kelvin, Value: 'anything' },
  ]
  const [question] = await questionsOf(ops(await openKit()).TagUser, { UserName: 'Ada', Tags })
  assert.equal(question?.keys?.get('aws:requesttag/task'), 'production')
  assert.equal(question?.keys?.get(`aws:requesttag/${kelvin}`), 'anything')
  const b = await openKit()
  await addUser(b, 'Ada')
  await run(b, ops(b).TagUser, { UserName: 'Ada', Tags })
  const seen: unknown[] = []
  const note = (check: { readonly keys?: ReadonlyMap<string, unknown> }) => {
    seen.push(check.keys?.get('aws:resourcetag/task'), check.keys?.get('iam:resourcetag/task'))
  }
  await run(b, ops(b).GetUser, { UserName: 'Ada' }, { onCheck: note })
  assert.deepEqual(seen, ['production', 'production'])
})
