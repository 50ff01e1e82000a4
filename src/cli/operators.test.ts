// Operators' commands, with a running server and without one.
import { deepEqual, equal, match, notEqual, ok, rejects } from 'node:assert/strict'
import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { test } from 'node:test'
import {
  CreateUserCommand,
  DeleteAccessKeyCommand,
  EnableOutboundWebIdentityFederationCommand,
  UpdateAccessKeyCommand,
} from '@aws-sdk/client-iam'
import { GetCallerIdentityCommand, GetWebIdentityTokenCommand } from '@aws-sdk/client-sts'
import { awsFiles } from '../client/aws-files.ts'
import { signingKeys } from '../keys/records.ts'
import { AUDIT_JOURNAL } from '../service/audit/journal.ts'
import { collections } from '../service/collections.ts'
import { openSqlite } from '../store/sqlite.ts'
import { iam, json, type Keys, keysOf, profile, session, sts, whoIs } from './testing/clients.ts'
import { invoke, newPath, type Served, serving } from './testing/world.ts'

async function signingKeysIn(data: string): Promise<number> {
  const store = await openSqlite(join(data, 'hallpass.sqlite'), collections, { clock: () => new Date() })
  const { items } = await store.list(signingKeys, 'key', { prefix: [], limit: 10 })
  await store.close()
  return items.length
}

interface Listed {
  readonly made: readonly string[]
  readonly keys: readonly { id: string; purpose: string; state: string; createdAt: string }[]
}

test('keys rotate under load: not one request fails, and earlier sessions continue', async () => {
  const served = await serving('dev', newPath())
  const { data, url, stop } = served
  const before = await session(served)
  const client = sts(url, before)
  let requests = 0
  let rotated = false
  const load = async () => {
    for (let after = 0; after < 20; requests++) {
      await client.send(new GetCallerIdentityCommand({}))
      await session(served)
      if (rotated) after += 1
    }
  }
  const workers = Promise.all([load(), load(), load()])
  const { made } = await json<Listed>('keys', 'rotate', '--data', data)
  const again = await json<Listed>('keys', 'rotate', '--data', data)
  rotated = true
  await workers
  ok(requests >= 60)
  const { keys } = await json<Listed>('keys', 'list', '--data', data)
  const states = (ids: readonly string[]) => keys.filter(({ id }) => ids.includes(id)).map(({ state }) => state)
  deepEqual(states(made), ['closing', 'closing'])
  deepEqual(states(again.made), ['active', 'active'])
  for (const { createdAt } of keys) equal(new Date(createdAt).toISOString(), createdAt)
  match((await whoIs(url, before)) ?? '', /assumed-role\/team-data\/alice/)
  await stop()
})

test('keys rotate --compromised ends every session at once, and keeps long-term keys', async () => {
  const served = await serving('dev', newPath())
  const { data, url, stop } = served
  const before = await session(served)
  match((await invoke(['keys', 'rotate', '--compromised', '--data', data])).err, /every session has ended/)
  await rejects(whoIs(url, before), { name: 'InvalidClientTokenId' })
  match((await whoIs(url, await session(served))) ?? '', /assumed-role/)
  await stop()
})

test('root reset: the old key and its sessions end, the new one is in the file', async () => {
  const data = newPath()
  const served = await serving('serve', data)
  const read = (): Keys => {
    const root = JSON.parse(readFileSync(join(data, 'root-credentials.json'), 'utf8')) as Record<string, string>
    return { accessKeyId: root.AccessKeyId ?? '', secretAccessKey: root.SecretAccessKey ?? '' }
  }
  const old = read()
  equal(existsSync(awsFiles(data).credentials), false)
  const { GetSessionTokenCommand } = await import('@aws-sdk/client-sts')
  const held = keysOf((await sts(served.url, old).send(new GetSessionTokenCommand({}))).Credentials)
  ok(await whoIs(served.url, held))
  const piped = await invoke(['root', 'reset', '--data', data])
  equal(piped.code, 0)
  equal(piped.out, '', 'a pipe gets no secret')
  notEqual(read().accessKeyId, old.accessKeyId)
  await rejects(whoIs(served.url, old), { name: 'InvalidClientTokenId' })
  await rejects(whoIs(served.url, held), { name: 'InvalidClientTokenId' })
  match((await whoIs(served.url, read())) ?? '', /:root$/)
  await served.stop()
  const shown = await invoke(['root', 'reset', '--data', data], { terminal: true })
  ok(shown.out.includes(`AWS_SECRET_ACCESS_KEY=${read().secretAccessKey}`), 'without a server, on a terminal')
  const again = await serving('serve', data)
  match((await whoIs(again.url, read())) ?? '', /:root$/)
  await again.stop()
})

test("root reset: the profile that `dev` wrote for root has the new key, and the others' are left alone", async () => {
  const served = await serving('dev', newPath())
  const { data, url } = served
  const [old, alice] = [profile(served, 'root'), profile(served, 'alice')]
  equal((await invoke(['root', 'reset', '--data', data])).code, 0)
  notEqual(profile(served, 'root').accessKeyId, old.accessKeyId)
  match((await whoIs(url, profile(served, 'root'))) ?? '', /:root$/)
  deepEqual(profile(served, 'alice'), alice)
})

test('a backup of a running server is restored elsewhere: earlier sessions end, keys and users remain', async () => {
  const served = await serving('dev', newPath(), {}, ['--public-url', 'http://localhost:4600'])
  const before = await session(served)
  const carol = iam(served.url, profile(served, 'carol'))
  await carol.send(new EnableOutboundWebIdentityFederationCommand({}))
  const outbound = new GetWebIdentityTokenCommand({ Audience: ['a-partner'], SigningAlgorithm: 'ES384' })
  await sts(served.url, profile(served, 'carol')).send(outbound)
  equal(await signingKeysIn(served.data), 2)
  const file = newPath()
  equal((await invoke(['backup', file, '--data', served.data])).code, 0)
  if (process.platform !== 'win32') equal(statSync(file).mode & 0o777, 0o600)
  await carol.send(new CreateUserCommand({ UserName: 'later' }))

  const data = newPath()
  const restore = () => invoke(['restore', file, '--data', data])
  const early = await restore()
  equal(early.code, 1)
  match(early.err, /put the master key of the backup at .*master\.key/)
  equal(existsSync(join(data, 'hallpass.sqlite')), false)
  writeFileSync(join(data, 'master.key'), `${Buffer.alloc(32, 1).toString('base64')}\n`, { mode: 0o600 })
  const foreign = await restore()
  equal(foreign.code, 1)
  match(foreign.err, /another master key/)
  equal(existsSync(join(data, 'hallpass.sqlite')), false, 'nothing is named a store that is not whole')
  copyFileSync(join(served.data, 'master.key'), join(data, 'master.key'))
  equal((await restore()).code, 0)
  // A pass key that was dropped as compromised after the backup must not open or seal again with it.
  const passKeys = async (folder: string) =>
    (await json<Listed>('keys', 'list', '--data', folder)).keys.filter((key) => key.purpose === 'pass')
  const old = (await passKeys(served.data)).map(({ id }) => id)
  const live = (await passKeys(data)).filter(({ state }) => state !== 'retired').map(({ id }) => id)
  ok(live.length > 0 && live.every((id) => !old.includes(id)))
  equal(await signingKeysIn(data), 0, 'no earlier signature can be verified')
  const twice = await restore()
  equal(twice.code, 1)
  match(twice.err, /restore never overwrites a store/)

  copyFileSync(join(served.data, 'root-credentials.json'), join(data, 'root-credentials.json'))
  const restored = await serving('dev', data)
  await rejects(whoIs(restored.url, before), { name: 'InvalidClientTokenId' })
  ok(await whoIs(served.url, before), 'on the server that issued it, the session continues')
  match((await whoIs(restored.url, profile(served, 'alice'))) ?? '', /user\/developers\/alice/)
  await restored.stop()
  await served.stop()
})

/** A folder to restore to, with another folder's master key. */
function folderFor(served: Served): string {
  const data = newPath()
  mkdirSync(data)
  copyFileSync(join(served.data, 'master.key'), join(data, 'master.key'))
  return data
}

test('a restore prints how old the backup is, what it contains, and each key that works again', async () => {
  const served = await serving('dev', newPath())
  const carol = iam(served.url, profile(served, 'carol'))
  const bob = profile(served, 'bob')
  ok(await whoIs(served.url, profile(served, 'alice')))
  const file = newPath()
  equal((await invoke(['backup', file, '--data', served.data])).code, 0)
  const taken = new Date()
  // Bob leaves after the backup; the restore brings his key back.
  await carol.send(new DeleteAccessKeyCommand({ UserName: 'bob', AccessKeyId: bob.accessKeyId }))
  const data = folderFor(served)
  const clock = () => new Date(taken.getTime() + 8 * 86_400_000 + 60_000)
  const { code, err } = await invoke(['restore', file, '--data', data], { clock })
  equal(code, 0)
  match(
    err,
    new RegExp(
      `everything is as it was at ${taken.toISOString().slice(0, 14)}.*Z \\(8 days ago\\): 2 accounts, 4 users, 10 roles`,
    ),
  )
  match(err, /warning: 4 access keys work as they did then, also those deleted or made inactive since:/)
  match(err, new RegExp(`^  ${bob.accessKeyId}  bob of account 111122223333, made .*Z, never used$`, 'm'))
  match(err, /^ {2}AKIA\w+ {2}root of account 111122223333, made /m)
  match(err, /^ {2}AKIA\w+ {2}alice of account .*, last used \d/m)
  match(err, /delete .*hallpass\.sqlite and restore with --keys inactive$/m)
  await served.stop()
})

test('after restore --keys inactive no long-term key works, not even root’s, and root reset makes a new one', async () => {
  const served = await serving('dev', newPath())
  const file = newPath()
  await invoke(['backup', file, '--data', served.data])
  const keys = ['root', 'alice', 'bob', 'carol'].map((name) => profile(served, name))
  const data = folderFor(served)
  const { code, err } = await invoke(['restore', file, '--data', data, '--keys', 'inactive'])
  equal(code, 0)
  match(err, /4 access keys that worked then are inactive now/)
  match(err, /root's key is inactive as well; for a new one: hallpass root reset --data/)
  await served.stop()
  equal((await invoke(['root', 'reset', '--data', data])).code, 0)
  const restored = await serving('dev', data)
  for (const key of keys) await rejects(whoIs(restored.url, key), { name: 'InvalidClientTokenId' })
  const root = iam(restored.url, profile(restored, 'root'))
  await root.send(
    new UpdateAccessKeyCommand({ UserName: 'alice', AccessKeyId: keys[1]?.accessKeyId, Status: 'Active' }),
  )
  match((await whoIs(restored.url, keys[1] as Keys)) ?? '', /user\/developers\/alice/)
  await restored.stop()
  const wrong = await invoke(['restore', file, '--data', folderFor(served), '--keys', 'none'])
  deepEqual([wrong.code, wrong.err], [2, 'hallpass: --keys: none is neither active nor inactive'])
})

test('a file that is not a backup is not restored, and neither backup nor restore overwrites anything', async () => {
  const data = newPath()
  mkdirSync(data)
  writeFileSync(join(data, 'master.key'), `${Buffer.alloc(32, 1).toString('base64')}\n`, { mode: 0o600 })
  const file = newPath()
  writeFileSync(file, 'not a database, though long enough to be looked at as one, for a while at least'.repeat(20))
  const { code, err } = await invoke(['restore', file, '--data', data])
  equal(code, 1)
  equal(err, `hallpass: ${file} is not a database`)
  equal(existsSync(join(data, 'hallpass.sqlite')), false)
  const store = newPath()
  await (await serving('serve', store)).stop()
  const kept = await invoke(['backup', file, '--data', store])
  equal(kept.code, 1)
  match(kept.err, /exists, and a backup never overwrites a file/)
  const nowhere = join(newPath(), 'x')
  const lost = await invoke(['backup', nowhere, '--data', store])
  equal(lost.code, 1)
  equal(
    lost.err,
    `hallpass: ${nowhere} cannot be written: ${dirname(nowhere)} does not exist, or takes no files. Make it first, or name another (ENOENT: no such file or directory)`,
  )
  const copy = newPath()
  equal((await invoke(['backup', copy, '--data', store])).code, 0, 'without a server it is as well')
  ok(statSync(copy).size > 0)
})

test('why finds a request by its id after the server has stopped, and says when there is none', async () => {
  const served = await serving('dev', newPath())
  const { data, stop } = served
  equal((await invoke(['why', '--last', '--data', data])).err, 'hallpass: no request was refused in the last day')
  await rejects(session(served, 'alice', {}, 'break-glass'), { name: 'AccessDenied' })
  await stop()
  const last = await json<{ id: string; trace: { code: string } }>('why', '--last', '--data', data)
  equal(last.trace.code, 'AccessDenied')
  match((await invoke(['why', last.id, '--data', data])).out, /sts AssumeRole: refused with AccessDenied/)
  const none = await invoke(['why', '01a20627-4e90-72bf-aea9-154d7a14c993', '--data', data])
  equal(none.code, 1)
  match(none.err, /the audit has no request 01a20627/)
})

test('why explains a refused signature too', async () => {
  const served = await serving('dev', newPath())
  const wrong = { ...profile(served, 'alice'), secretAccessKey: 'x'.repeat(40) }
  await rejects(whoIs(served.url, wrong), { name: 'SignatureDoesNotMatch' })
  await served.stop()
  const { out } = await invoke(['why', '--last', '--data', served.data])
  match(out, /GetCallerIdentity: refused with SignatureDoesNotMatch/)
})

/** The audit's records of restores in a store, without their times. */
async function restoredAs(data: string, file: string) {
  const store = await openSqlite(join(data, 'hallpass.sqlite'), collections, { clock: () => new Date() })
  const found: object[] = []
  for await (const { text } of store.scan(AUDIT_JOURNAL, new Date(0))) {
    const { records } = JSON.parse(text) as { records: { eventName: string; requestParameters: { asOf?: string } }[] }
    for (const { eventName, requestParameters } of records) {
      const { asOf, ...rest } = requestParameters
      if (eventName !== 'Restore') continue
      match(asOf ?? '', /^\d{4}-.*Z$/, file)
      found.push(rest)
    }
  }
  await store.close()
  return found
}

test('the audit records what operators do', async () => {
  const served = await serving('dev', newPath())
  const { data } = served
  const folder = newPath()
  await invoke(['keys', 'rotate', '--data', data])
  await invoke(['sessions', 'revoke', '--account', '111122223333', '--data', data])
  await invoke(['root', 'reset', '--data', data])
  const file = newPath()
  await invoke(['backup', file, '--data', data])
  await served.stop()
  const copy = folderFor(served)
  await invoke(['restore', file, '--data', copy, '--keys', 'inactive'])
  // A minute later: the newest entries rest for a second before they are exported.
  const clock = () => new Date(Date.now() + 60_000)
  await (await serving('dev', data, { clock }, ['--audit-folder', folder])).stop()
  deepEqual(await restoredAs(copy, file), [{ file, keys: 'inactive', activeKeys: 0 }])
  const names = readdirSync(folder)
    .filter((name) => name.endsWith('.jsonl'))
    .flatMap((name) => readFileSync(join(folder, name), 'utf8').trim().split('\n'))
    .map((line) => JSON.parse(line) as { eventName: string; userIdentity: { invokedBy?: string } })
    .filter(({ userIdentity }) => userIdentity.invokedBy === 'hallpass operator')
    .map(({ eventName }) => eventName)
  deepEqual(names, ['ApplySeed', 'RotateKeys', 'RevokeSessions', 'ResetRoot', 'Backup'])
})

test('doctor reports nothing bad about a sound folder, and says how to mend a broken one', async () => {
  const { data, stop } = await serving('serve', newPath())
  const sound = await invoke(['doctor', '--data', data])
  equal(sound.code, 0, sound.out)
  match(sound.out, /^✓ server +pid \d+ at http:\/\/127\.0\.0\.1:\d+/m)
  await stop()
  const idle = await invoke(['doctor', '--data', data])
  equal(idle.code, 0)
  match(idle.out, /^· server +none runs on /m)
  writeFileSync(join(data, 'master.key'), `${Buffer.alloc(32, 1).toString('base64')}\n`)
  const pem = ['--tls-cert', join(data, 'none.pem'), '--tls-key', join(data, 'none.pem')]
  const tls = await invoke(['doctor', ...pem, '--data', data])
  equal(tls.code, 1)
  match(tls.out, /^✗ certificate +.*none\.pem .*not a usable pair.* -> give a certificate and the key it belongs to$/m)
  const broken = await invoke(['doctor', '--json', '--listen', '0.0.0.0:4600', '--data', data])
  equal(broken.code, 1)
  const { findings } = JSON.parse(broken.out) as { findings: { about: string; state: string; then?: string }[] }
  const wrong = findings.filter(({ state }) => state === 'bad')
  deepEqual(
    wrong.map(({ about }) => about),
    ['key ring', 'settings'],
  )
  ok(wrong.every(({ then }) => then !== undefined && then !== ''))
  equal((await invoke(['doctor', '--data', newPath()])).code, 1)
})

test('commands on a folder without a store say how to make one, and do not make it', async () => {
  const data = newPath()
  const all = [
    ['why', '--last'],
    ['keys', 'list'],
    ['keys', 'rotate'],
    ['sessions', 'list'],
    ['root', 'reset'],
  ]
  for (const words of all) {
    const { code, err } = await invoke([...words, '--data', data])
    equal(code, 1)
    match(err, /there is no store in .*; `hallpass serve --data .*` makes one/)
  }
  equal(existsSync(data), false)
})

test('the issuer is not exported under another URL than the one that the running server signs with', async () => {
  const { data } = await serving('dev', newPath(), {}, ['--issuer-url', 'https://issuer.example/hallpass'])
  const folder = newPath()
  const refused = await invoke(['issuer', 'export', folder, '--data', data, '--issuer-url', 'https://tokens.example'])
  equal(refused.code, 1)
  match(
    refused.err,
    /signs as https:\/\/issuer\.example\/hallpass: restart it with --issuer-url https:\/\/tokens\.example/,
  )
  ok(!existsSync(folder))
})
