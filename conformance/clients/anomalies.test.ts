// The whole server over a store in which something goes wrong: the Nth call fails, for every N; every transaction runs
// twice and others get in between; the disk is full. Nothing is issued or half-written, what is answered is true, and
// no refused call has a record of success.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import {
  CreateUserCommand,
  DeleteAccessKeyCommand,
  GetAccountSummaryCommand,
  GetRoleCommand,
  ListAccessKeysCommand,
  ListRolesCommand,
  ListUsersCommand,
} from '@aws-sdk/client-iam'
import { GetCallerIdentityCommand } from '@aws-sdk/client-sts'
import { mfaDevices, users } from '../../src/service/records.ts'
import { chaos } from '../../src/store/testing/chaos.ts'
import { entriesOf } from './journals.ts'
import { type Misfortune, misfortune } from './misfortune.ts'
import { allow, assume, enableMfa, manager, member, person, role, trusts } from './people.ts'
import { type Answer, type Ask, send, signed } from './raw.ts'
import { refused, wrongCode } from './refused.ts'
import { testServer } from './server.ts'

let store: Misfortune

const server = await testServer({
  over(made) {
    store = misfortune(made)
    return store
  },
})
const root = server.as(server.root)
const ann = await person(root, 'ann', allow('*'))
const phone = await enableMfa(server, root, 'ann')

const ask = (service: 'iam' | 'sts', parameters: Ask['parameters'] = {}) =>
  send(server.port, signed(server.port, { keys: ann.keys, now: server.now(), service, parameters }))

const unavailable = ['ServiceUnavailable', 503, 'The request has failed due to a temporary failure of the server.']

interface Try {
  readonly answer: Answer
  readonly failed: number
}

/** Sends the request with its first store call failing, then with the second, until none fails; `check` sees each. */
async function everyCall(
  make: () => Promise<Answer>,
  check: (one: Try) => Promise<void>,
  cold: boolean,
): Promise<number> {
  for (let failAt = 1; ; failAt++) {
    // Whatever is kept is read again after a minute; codes are new after half of one.
    await server.move(cold ? 90_000 : 30_000)
    let calls = () => 0
    store.through((inner) => {
      const chosen = chaos(inner, { failAt })
      calls = () => chosen.calls
      return chosen
    })
    const answer = await make()
    store.through()
    const all = calls() < failAt
    await check({ answer, failed: all ? 0 : failAt })
    if (all) {
      assert.equal(answer.status, 200, answer.text)
      return failAt - 1
    }
  }
}

/** Either it succeeded and its record says so, or it was refused as unavailable and no record says otherwise. */
async function recorded({ answer, failed }: Try): Promise<boolean> {
  const entries = await entriesOf(server.engine.store, answer.requestId)
  if (answer.status === 200) {
    assert.equal(entries.length, 1, `call ${failed}: answered without a record`)
    assert.ok(entries[0]?.records.every(({ errorCode }) => errorCode === undefined))
    return true
  }
  assert.deepEqual([answer.code, answer.status, answer.message], unavailable, `call ${failed}`)
  for (const { issued, records } of entries) {
    assert.equal(issued, undefined)
    for (const { errorCode } of records) assert.equal(errorCode, 'ServiceUnavailable')
  }
  return false
}

for (const cold of [true, false]) {
  describe(`the Nth store call fails, ${cold ? 'with nothing kept' : 'with everything kept'}`, () => {
    test('AssumeRole with a code: it is spent with the record of the credentials, and only then', async () => {
      const arn = await role(
        root,
        `Guarded${cold}`,
        trusts(ann.arn, 'sts:AssumeRole', { Bool: { 'aws:MultiFactorAuthPresent': 'true' } }),
      )
      const code = () => ({ SerialNumber: phone.serial, TokenCode: phone.code(server.now()) })
      const lastStep = async () => (await store.get(mfaDevices, [server.account, phone.serial]))?.lastStep
      let last = await lastStep()
      const failed = await everyCall(
        () => ask('sts', { Action: 'AssumeRole', RoleArn: arn, RoleSessionName: 'session', ...code() }),
        async (one) => {
          const ok = await recorded(one)
          assert.equal(one.answer.text.includes('<SecretAccessKey>'), ok)
          const device = await store.get(mfaDevices, [server.account, phone.serial])
          assert.equal(device?.failures, 0, 'a failure of ours is no wrong code')
          assert.equal(device.lastStep !== last, ok, 'spent with its record')
          if (ok) await refused(assume(server, server.as(ann.keys), arn, code()), wrongCode)
          // The wrong code just now counted; the next right one forgets it.
          if (ok) await server.move(30_000)
          if (ok) await assume(server, server.as(ann.keys), arn, code())
          last = await lastStep()
        },
        cold,
      )
      assert.ok(failed >= 3, `${failed} calls`)
    })

    test('CreateAccessKey: a key that was not answered is not there, one that was works', async () => {
      await person(root, `keys${cold}`)
      const UserName = `keys${cold}`
      let known = 1
      const failed = await everyCall(
        () => ask('iam', { Action: 'CreateAccessKey', UserName }),
        async (one) => {
          if (await recorded(one)) known++
          const { AccessKeyMetadata = [] } = await root.iam.send(new ListAccessKeysCommand({ UserName }))
          assert.equal(AccessKeyMetadata.length, known)
        },
        cold,
      )
      assert.ok(failed >= 3, `${failed} calls`)
    })

    test('CreateRole and CreateUser: whole or not at all, and the count of them stays right', async () => {
      const trust = trusts(ann.arn)
      for (const [Action, parameters] of [
        [
          'CreateRole',
          {
            RoleName: `made${cold}`,
            AssumeRolePolicyDocument: trust,
            'Tags.member.1.Key': 'a',
            'Tags.member.1.Value': 'b',
          },
        ],
        ['CreateUser', { UserName: `made${cold}`, PermissionsBoundary: 'arn:aws:iam::aws:policy/ReadOnlyAccess' }],
      ] as const) {
        const failed = await everyCall(() => ask('iam', { Action, ...parameters }), counted, cold)
        assert.ok(failed >= 3, `${failed} calls`)
      }
    })

    async function counted(one: Try) {
      await recorded(one)
      const { SummaryMap } = await root.iam.send(new GetAccountSummaryCommand({}))
      const roles = await root.iam.send(new ListRolesCommand({}))
      const { Users } = await root.iam.send(new ListUsersCommand({}))
      assert.deepEqual([SummaryMap?.Roles, SummaryMap?.Users], [roles.Roles?.length, Users?.length])
    }

    test('DeleteRole: there or not there, and its sessions live or die with it', async () => {
      const RoleName = `gone${cold}`
      const arn = await role(root, RoleName, trusts(ann.arn))
      const session = await assume(server, server.as(ann.keys), arn)
      await everyCall(
        () => ask('iam', { Action: 'DeleteRole', RoleName }),
        async (one) => {
          const gone = await recorded(one)
          const found = await root.iam.send(new GetRoleCommand({ RoleName })).then(
            () => true,
            () => false,
          )
          const lives = await session.sts.send(new GetCallerIdentityCommand({})).then(
            () => true,
            () => false,
          )
          assert.deepEqual([found, lives], [!gone, !gone])
        },
        cold,
      )
    })

    test('GetCallerIdentity: a store that fails is never a refusal of the caller', async () => {
      const failed = await everyCall(
        () => ask('sts'),
        async (one) => void (await recorded(one)),
        cold,
      )
      assert.ok(failed >= 1)
    })
  })
}

test('a wrong code that could not be counted is refused all the same', async () => {
  const right = phone.code(server.now())
  const arn = await role(root, 'Counted', trusts(ann.arn))
  const before = (await store.get(mfaDevices, [server.account, phone.serial]))?.failures ?? 0
  const TokenCode = right === '000000' ? '000001' : '000000'
  for (let failAt = 1; failAt < 8; failAt++) {
    store.through((inner) => chaos(inner, { failAt }))
    const answer = await ask('sts', {
      Action: 'AssumeRole',
      RoleArn: arn,
      RoleSessionName: 'session',
      SerialNumber: phone.serial,
      TokenCode,
    })
    store.through()
    assert.notEqual(answer.status, 200)
    const after = (await store.get(mfaDevices, [server.account, phone.serial]))?.failures ?? 0
    // INVARIANT: "wrong" is told only for a guess that counts.
    if (answer.code === 'AccessDenied') return assert.equal(after, before + 1)
    if (after > before) return
  }
})

test('every transaction run twice, others in between: the flow is the same', async () => {
  const twice = await testServer({ over: (made) => chaos(made, { twice: true, yields: true }) })
  const admin = await manager(twice)
  const partner = await member(twice, admin, 'partner')
  const bob = await person(admin, 'bob', allow('sts:AssumeRole'))
  const app = await enableMfa(twice, admin, 'bob')
  const arn = await role(partner.admin, 'Far', trusts(twice.account), { permissions: allow('iam:ListUsers') })
  const code = { SerialNumber: app.serial, TokenCode: app.code(twice.now()) }
  const session = await assume(twice, twice.as(bob.keys), arn, code)
  assert.deepEqual((await session.iam.send(new ListUsersCommand({}))).Users, [])
  const names = Array.from({ length: 10 }, (_, n) => `user${n}`)
  await Promise.all(names.map((UserName) => partner.admin.iam.send(new CreateUserCommand({ UserName }))))
  const { SummaryMap } = await partner.admin.iam.send(new GetAccountSummaryCommand({}))
  assert.equal(SummaryMap?.Users, names.length)
  const races = await Promise.allSettled(
    Array.from({ length: 5 }, () => partner.admin.iam.send(new CreateUserCommand({ UserName: 'one' }))),
  )
  assert.equal(races.filter(({ status }) => status === 'fulfilled').length, 1)
  assert.deepEqual(twice.reported, [])
})

test('a full disk: changes, issuances and answers without a record are refused; with room again, all goes on', async () => {
  const full = await testServer({ file: 'store.sqlite', maxBytes: 2_000_000 })
  const admin = full.as(full.root)
  const made: string[] = []
  let refusal: unknown
  while (refusal === undefined && made.length < 5000) {
    const UserName = `user${made.length}`
    await admin.iam.send(new CreateUserCommand({ UserName, Tags: [{ Key: 'k', Value: 'v'.repeat(250) }] })).then(
      () => made.push(UserName),
      (error: unknown) => {
        refusal = error
      },
    )
  }
  assert.equal((refusal as Error).name, 'ServiceUnavailable')
  // Where a change has no room left, a few smaller records may have.
  let few = 0
  const answered = () =>
    admin.sts.send(new GetCallerIdentityCommand({})).then(
      () => true,
      (error: unknown) => {
        refusal = error
        return false
      },
    )
  while (await answered()) assert.ok(++few < 1000)
  assert.equal((refusal as Error).name, 'ServiceUnavailable')
  const kept = await full.engine.store.list(users, 'key', {
    prefix: [full.account],
    limit: 5000,
  })
  assert.deepEqual(kept.items.map(({ name }) => name).sort(), made.toSorted())
})

test('every failure was reported to the operator', async () => {
  assert.ok(server.reported.length > 0)
  for (const line of server.reported) assert.match(line, /^request [0-9a-f-]{36} failed: /)
  await root.iam.send(new DeleteAccessKeyCommand({ UserName: 'ann', AccessKeyId: ann.keys.accessKeyId }))
})
