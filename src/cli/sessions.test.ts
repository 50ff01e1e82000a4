// Lists live sessions, and revokes them.
import { deepEqual, equal, match, ok, rejects } from 'node:assert/strict'
import { test } from 'node:test'
import {
  CreateRoleCommand,
  DeleteAccessKeyCommand,
  DeleteRoleCommand,
  DeleteRolePolicyCommand,
  GetUserCommand,
  PutRolePolicyCommand,
} from '@aws-sdk/client-iam'
import { AssumeRoleCommand } from '@aws-sdk/client-sts'
import { accessKeyId } from '../core/ids.ts'
import { iam, json, type Keys, keysOf, profile, session, sts, whoIs } from './testing/clients.ts'
import { invoke, newPath, serving } from './testing/world.ts'

test('sessions are listed, and revoked by session, role, user, source identity or account', async (t) => {
  const served = await serving('dev', newPath())
  const { data, url } = served
  const rows: [rule: string, flags: (keys: Keys) => string[], make?: () => Promise<Keys>][] = [
    ['by access key id', ({ accessKeyId }) => ['--session', accessKeyId]],
    ['by role', () => ['--role', 'arn:aws:iam::111122223333:role/team-data']],
    ['by user', () => ['--user', 'arn:aws:iam::111122223333:user/developers/alice']],
    [
      'by source identity',
      () => ['--source-identity', 'bob'],
      async () => {
        const input = {
          RoleArn: 'arn:aws:iam::444455556666:role/auditor',
          RoleSessionName: 'bob',
          SourceIdentity: 'bob',
        }
        return keysOf((await sts(url, profile(served, 'bob')).send(new AssumeRoleCommand(input))).Credentials)
      },
    ],
    ['by account', () => ['--account', '111122223333']],
  ]
  const bystander = await session(served, 'bob', { RoleSessionName: 'bystander' })
  for (const [at, [rule, flags, make = () => session(served)]] of rows.entries()) {
    await t.test(rule, async () => {
      const keys = await make()
      const listed = async () =>
        (await json<{ sessions: { accessKeyId: string }[] }>('sessions', 'list', '--data', data)).sessions.some(
          ({ accessKeyId }) => accessKeyId === keys.accessKeyId,
        )
      ok(await whoIs(url, keys))
      ok(await listed())
      const { ended } = await json<{ ended: number }>('sessions', 'revoke', '--data', data, ...flags(keys))
      ok(ended >= 1)
      await rejects(whoIs(url, keys), { name: 'InvalidClientTokenId' })
      equal(await listed(), false)
      if (at === 0) ok(await whoIs(url, bystander))
    })
  }
  await t.test('not by something that does not exist', async () => {
    const bad: [flags: string[], says: RegExp][] = [
      [['--role', 'team-data'], /not the ARN of a role/],
      [['--role', 'arn:aws:iam::111122223333:role/none'], /there is no role/],
      [['--session', 'none'], /there is no access key or session none/],
      [['--account', '123456789012'], /there is no account/],
    ]
    for (const [flags, says] of bad) {
      const { code, err } = await invoke(['sessions', 'revoke', '--data', data, ...flags])
      equal(code, 1)
      match(err, says)
    }
  })
})

/** Access key ids of the listed sessions. */
const listed = async (data: string, ...flags: string[]) => {
  const { sessions } = await json<{ sessions: { accessKeyId: string }[] }>('sessions', 'list', '--data', data, ...flags)
  return sessions.map(({ accessKeyId }) => accessKeyId)
}

test('a session that no longer works is not listed: its sealing key was dropped, or its role deleted', async () => {
  const served = await serving('dev', newPath())
  const { data, url } = served
  await session(served)
  await invoke(['keys', 'rotate', '--compromised', '--data', data])
  deepEqual(await listed(data), [])
  const after = await session(served)
  ok(await whoIs(url, after))
  deepEqual(await listed(data), [after.accessKeyId])
  const carol = iam(url, profile(served, 'carol'))
  await carol.send(new DeleteRolePolicyCommand({ RoleName: 'team-data', PolicyName: 'own-team' }))
  await carol.send(new DeleteRoleCommand({ RoleName: 'team-data' }))
  await rejects(whoIs(url, after), { name: 'InvalidClientTokenId' })
  deepEqual(await listed(data), [])
})

test('a key, account or role that does not exist is neither listed nor revoked', async (t) => {
  const { data, stop } = await serving('dev', newPath())
  await stop()
  const bad: [flags: string[], says: RegExp][] = [
    [['--session', 'AKIAZZZZZZZZZZZZZZZZ'], /there is no access key or session AKIAZZZZZZZZZZZZZZZZ$/],
    [['--session', accessKeyId('AKIA', '999999999999', Buffer.alloc(5))], /there is no access key or session AKIA/],
    [['--session', accessKeyId('ASIA', '111122223333', Buffer.alloc(5))], /there is no access key or session ASIA/],
    [['--account', '999'], /there is no account 999$/],
    [['--account', '999', '--source-identity', 'bob'], /there is no account 999$/],
    [['--role', 'arn:aws:iam::111122223333:role/none'], /there is no role/],
  ]
  for (const act of ['list', 'revoke']) {
    for (const [flags, says] of bad) {
      await t.test(`${act} ${flags.join(' ')}`, async () => {
        const { code, out, err } = await invoke(['sessions', act, '--data', data, ...flags])
        deepEqual([code, out], [1, ''])
        match(err, says)
      })
    }
  }
})

test('sessions that began with a key are listed and revoked by the key, also after it was deleted', async () => {
  const served = await serving('dev', newPath())
  const { data, url } = served
  const key = profile(served, 'alice')
  const held = await session(served)
  const bystander = await session(served, 'bob')
  await iam(url, profile(served, 'carol')).send(
    new DeleteAccessKeyCommand({ UserName: 'alice', AccessKeyId: key.accessKeyId }),
  )
  ok(await whoIs(url, held))
  deepEqual(await listed(data, '--session', key.accessKeyId), [held.accessKeyId])
  deepEqual(await listed(data, '--session', held.accessKeyId), [held.accessKeyId])
  const { ended } = await json<{ ended: number }>('sessions', 'revoke', '--session', key.accessKeyId, '--data', data)
  equal(ended, 1)
  await rejects(whoIs(url, held), { name: 'InvalidClientTokenId' })
  deepEqual(await listed(data), [bystander.accessKeyId])
})

test('sessions that descend from a deleted role are revoked by the role’s ARN or id', async (t) => {
  for (const how of ['name', 'id'] as const) {
    await t.test(how, async () => {
      const served = await serving('dev', newPath())
      const { data, url } = served
      const admin = iam(url, profile(served, 'carol'))
      const trust = (AWS: string) =>
        JSON.stringify({
          Version: '2012-10-17',
          Statement: { Effect: 'Allow', Principal: { AWS }, Action: 'sts:AssumeRole' },
        })
      const make = async (RoleName: string, by: string) => {
        const { Role } = await admin.send(new CreateRoleCommand({ RoleName, AssumeRolePolicyDocument: trust(by) }))
        return Role
      }
      const all = JSON.stringify({
        Version: '2012-10-17',
        Statement: { Effect: 'Allow', Action: 'sts:*', Resource: '*' },
      })
      const first = await make('first', 'arn:aws:iam::111122223333:root')
      await admin.send(new PutRolePolicyCommand({ RoleName: 'first', PolicyName: 'on', PolicyDocument: all }))
      const second = await make('second', 'arn:aws:iam::111122223333:root')
      const take = async (keys: Keys, RoleArn = '') =>
        keysOf((await sts(url, keys).send(new AssumeRoleCommand({ RoleArn, RoleSessionName: 'chain' }))).Credentials)
      const held = await take(await take(profile(served, 'carol'), first?.Arn), second?.Arn)
      await admin.send(new DeleteRolePolicyCommand({ RoleName: 'first', PolicyName: 'on' }))
      await admin.send(new DeleteRoleCommand({ RoleName: 'first' }))
      match((await whoIs(url, held)) ?? '', /assumed-role\/second/)
      const named = how === 'name' ? first?.Arn : first?.RoleId
      const { ended } = await json<{ ended: number }>('sessions', 'revoke', '--data', data, '--role', named ?? '')
      equal(ended, 1)
      await rejects(whoIs(url, held), { name: 'InvalidClientTokenId' })
    })
  }
})

test('a deleted key can be revoked before anybody used its sessions, and a deleted user by its id and account', async (t) => {
  const { data, stop } = await serving('dev', newPath())
  await stop()
  for (const flags of [
    ['--session', accessKeyId('AKIA', '111122223333', Buffer.alloc(5))],
    ['--user', 'AIDAZZZZZZZZZZZZZZZZZ', '--account', '111122223333'],
  ]) {
    await t.test(flags.join(' '), async () => {
      const { ended, accounts } = await json<{ ended: number; accounts: string[] }>(
        ...['sessions', 'revoke', '--data', data, ...flags],
      )
      deepEqual([ended, accounts], [0, ['111122223333']])
    })
  }
})

test('a deleted user is revoked by its id in its own account, whatever accounts its chain reached', async () => {
  const served = await serving('dev', newPath())
  const { data, url } = served
  const admin = iam(url, profile(served, 'carol'))
  const { User } = await admin.send(new GetUserCommand({ UserName: 'bob' }))
  const RoleArn = 'arn:aws:iam::444455556666:role/auditor'
  const input = { RoleArn, RoleSessionName: 'bob', SourceIdentity: 'bob' }
  const abroad = keysOf((await sts(url, profile(served, 'bob')).send(new AssumeRoleCommand(input))).Credentials)
  const again = { ...input, RoleSessionName: 'chained' }
  const chained = await sts(url, abroad)
    .send(new AssumeRoleCommand(again))
    .then(({ Credentials }) => keysOf(Credentials))
    .catch(() => undefined)
  const { accounts, ended } = await json<{ ended: number; accounts: string[] }>(
    ...['sessions', 'revoke', '--data', data, '--user', User?.UserId ?? ''],
  )
  deepEqual(accounts, ['111122223333'])
  equal(ended, chained === undefined ? 1 : 2)
  await rejects(whoIs(url, abroad), { name: 'InvalidClientTokenId' })
})

test('a revocation in one account counts no session that it does not end', async () => {
  const served = await serving('dev', newPath())
  const { data, url } = served
  const held = await session(served)
  const { sessions } = await json<{ sessions: { by: string }[] }>('sessions', 'list', '--data', data)
  const by = sessions[0]?.by ?? ''
  const revoke = (...flags: string[]) =>
    json<{ ended: number }>('sessions', 'revoke', '--data', data, '--subject', by, ...flags)
  equal((await revoke('--account', '444455556666')).ended, 0)
  ok(await whoIs(url, held))
  deepEqual(await listed(data), [held.accessKeyId])
  equal((await revoke()).ended, 1)
  await rejects(whoIs(url, held), { name: 'InvalidClientTokenId' })
  const { code, err } = await invoke(['sessions', 'revoke', '--data', data, '--subject', 'idp nobody'])
  equal(code, 1)
  match(err, /no session began with idp nobody/)
})

test('a role or user that never existed is reported', async (t) => {
  const { data, stop } = await serving('dev', newPath())
  await stop()
  for (const [flag, named] of [
    ['--role', 'AROAZZZZZZZZZZZZZZZZZ'],
    ['--user', 'AIDAZZZZZZZZZZZZZZZZZ'],
    ['--user', 'arn:aws:iam::111122223333:user/none'],
  ] as const) {
    await t.test(`${flag} ${named}`, async () => {
      const { code, err } = await invoke(['sessions', 'revoke', '--data', data, flag, named])
      equal(code, 1)
      match(err, /there is no (role|user) .*, and no session descends from one/)
    })
  }
})
