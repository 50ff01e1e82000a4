// The audit of the whole server: each answered call has one entry, written before it is answered, with one record, or
// two when it was across accounts; and nothing that proves an identity stands in any journal, export, report or metric.
import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { CreateAccessKeyCommand, ListUsersCommand } from '@aws-sdk/client-iam'
import { AssumeRoleCommand, GetFederationTokenCommand, GetSessionTokenCommand } from '@aws-sdk/client-sts'
import { createExporter } from '../../src/service/audit/export.ts'
import { openFileSink } from '../../src/sinks/file.ts'
import type { Store } from '../../src/store/store.ts'
import { folder } from './folder.ts'
import { entriesOf, textsOf } from './journals.ts'
import { type Misfortune, misfortune } from './misfortune.ts'
import { allow, assume, authenticator, keysOf, manager, member, person, role, trusts } from './people.ts'
import { type Answer, type Ask, form, presigned, type Sent, send, signed, withHeader } from './raw.ts'
import { type Clients, testServer } from './server.ts'

const exported = folder()
let store: Misfortune

const server = await testServer({
  file: 'store.sqlite',
  over(made) {
    store = misfortune(made)
    return store
  },
})
const admin = await manager(server)
const partner = await member(server, admin, 'partner')
const ann = await person(admin, 'ann', allow(['sts:*', 'iam:*']))
const near = await role(admin, 'Near', trusts(ann.arn))
const far = await role(partner.admin, 'Far', trusts(server.account))

const call = (parameters: Ask['parameters'] = {}, more: Partial<Ask> = {}) =>
  signed(server.port, { keys: ann.keys, now: server.now(), parameters, ...more })
const ask = (parameters: Ask['parameters'], more?: Partial<Ask>) => send(server.port, call(parameters, more))
const assumeRole = (RoleArn: string) => ({ Action: 'AssumeRole', RoleArn, RoleSessionName: 'session' })
const iam = { service: 'iam' } as const
const requestIdOf = ({ headers }: Answer) => String(headers['x-amzn-requestid'])

describe('each answered call has one entry', () => {
  const calls: Readonly<Record<string, readonly [() => Promise<Answer>, status: number, records: number]>> = {
    'a read of STS': [() => ask({}), 200, 1],
    'a read of IAM': [() => ask({ Action: 'ListUsers' }, iam), 200, 1],
    'a change of IAM': [() => ask({ Action: 'CreateUser', UserName: 'new' }, iam), 200, 1],
    'a change that is refused': [() => ask({ Action: 'CreateUser', UserName: 'new' }, iam), 409, 1],
    'an issuance in the account': [() => ask(assumeRole(near)), 200, 1],
    'an issuance across accounts, with a copy for the owner': [() => ask(assumeRole(far)), 200, 2],
    'a refusal across accounts, which the owner is not told of': [() => ask(assumeRole(`${far}x`)), 403, 1],
    'an input that is not valid': [() => ask(assumeRole('nothing-valid-in-here')), 400, 1],
    'a session token': [() => ask({ Action: 'GetSessionToken' }), 200, 1],
    'a session where none may ask': [
      async () => {
        const session = await assume(server, server.as(ann.keys), near)
        return send(server.port, call({ Action: 'GetSessionToken' }, { keys: session.keys }))
      },
      403,
      1,
    ],
  }
  for (const [rule, [made, status, records]] of Object.entries(calls)) {
    test(rule, async () => {
      const answer = await made()
      assert.equal(answer.status, status, answer.text)
      const entries = await entriesOf(store, requestIdOf(answer))
      assert.equal(entries.length, 1)
      const [entry] = entries
      assert.equal(entry?.records.length, records)
      for (const record of entry?.records ?? []) {
        assert.equal(record.requestID, entry?.id)
        assert.equal(record.errorCode === undefined, status === 200)
      }
      if (records === 1) return
      const [own, copy] = entry?.records ?? []
      assert.deepEqual([own?.recipientAccountId, copy?.recipientAccountId], [server.account, partner.id])
      assert.ok(own?.sharedEventID !== undefined && own.sharedEventID === copy?.sharedEventID)
      assert.notEqual(own.eventID, copy.eventID)
    })
  }
  test('many calls at once have one entry each', async () => {
    const answers = await Promise.all(Array.from({ length: 40 }, (_, n) => ask(n % 2 === 0 ? {} : assumeRole(far))))
    const ids = answers.map(requestIdOf)
    assert.equal(new Set(ids).size, ids.length)
    const entries = await entriesOf(store)
    for (const id of ids) assert.equal(entries.filter((entry) => entry.id === id).length, 1)
  })
  test('the journal names the access key that was issued', async () => {
    const answer = await server
      .as(ann.keys)
      .sts.send(new AssumeRoleCommand({ RoleArn: near, RoleSessionName: 'session' }))
    const [entry] = await entriesOf(store, answer.$metadata.requestId)
    assert.equal(entry?.issued?.accessKeyId, answer.Credentials?.AccessKeyId)
  })
})

describe('the entry is there before the answer', () => {
  for (const [what, parameters, more] of [
    ['AssumeRole', () => assumeRole(near), {}],
    ['GetCallerIdentity', () => ({}), {}],
    ['CreateAccessKey', () => ({ Action: 'CreateAccessKey', UserName: 'new' }), iam],
  ] as const) {
    test(what, async () => {
      const reached = Promise.withResolvers<void>()
      const released = Promise.withResolvers<void>()
      const held = async <T>(write: () => Promise<T>): Promise<T> => {
        reached.resolve()
        await released.promise
        return write()
      }
      const holding = (inner: Store): Store => ({
        ...inner,
        append: (journal, until, entries) => held(() => inner.append(journal, until, entries)),
        transact: (work) => held(() => inner.transact(work)),
      })
      store.through(holding)
      let answered = false
      const asking = ask(parameters(), more).then((answer) => {
        answered = true
        return answer
      })
      await reached.promise
      // Another request goes all the way while this one waits for the disk.
      const alive = await send(server.port, {
        method: 'GET',
        target: '/livez',
        headers: ['host', '127.0.0.1'],
        body: '',
      })
      assert.equal(alive.status, 200)
      assert.equal(answered, false)
      store.through()
      released.resolve()
      assert.equal((await asking).status, 200)
    })
  }
})

describe('what proves an identity is kept nowhere', () => {
  const planted: string[] = []
  const plant = (text: string) => {
    planted.push(text)
    return text
  }
  const secretsIn = (clients: Clients) => {
    plant(clients.keys.secretAccessKey)
    if (clients.keys.sessionToken !== undefined) plant(clients.keys.sessionToken)
    return clients
  }

  test('requests of every kind are made, good and bad, with something secret in each of their fields', async () => {
    secretsIn(server.as(ann.keys))
    secretsIn(server.as(server.root))
    const conditional = await role(
      admin,
      'Conditional',
      trusts(ann.arn, 'sts:AssumeRole', { StringEquals: { 'sts:ExternalId': plant('planted-expected-id') } }),
    )
    const session = secretsIn(
      await assume(server, server.as(ann.keys), conditional, { ExternalId: 'planted-expected-id' }),
    )
    const own = server.as(ann.keys)
    secretsIn(server.as(keysOf((await own.sts.send(new GetSessionTokenCommand({}))).Credentials)))
    secretsIn(server.as(keysOf((await own.sts.send(new GetFederationTokenCommand({ Name: 'guest' }))).Credentials)))
    const { AccessKey } = await own.iam.send(new CreateAccessKeyCommand({ UserName: 'ann' }))
    plant(AccessKey?.SecretAccessKey ?? '')
    const device = await ask({ Action: 'CreateVirtualMFADevice', VirtualMFADeviceName: 'ann-phone' }, iam)
    const seed = plant(Buffer.from(/<Base32StringSeed>([^<]*)</.exec(device.text)?.[1] ?? '', 'base64').toString())
    const app = authenticator(/<SerialNumber>([^<]*)</.exec(device.text)?.[1] ?? '', seed)
    const next = new Date(server.now().getTime() + 30_000)
    const codes = { AuthenticationCode1: app.code(server.now()), AuthenticationCode2: app.code(next) }
    plant(`"${codes.AuthenticationCode1}"`)
    await ask({ Action: 'EnableMFADevice', UserName: 'ann', SerialNumber: app.serial, ...codes }, iam)
    await server.move(60_000)
    const TokenCode = app.code(server.now())
    plant(`"${TokenCode}"`)

    const rows: readonly Sent[] = [
      call({ ...assumeRole(near), ExternalId: plant('planted-unasked-id') }),
      call({ ...assumeRole(`${near}x`), ExternalId: plant('planted-refused-id') }),
      call({ ...assumeRole(near), ExternalId: `${plant('planted-invalid-id')}\u0007` }),
      call({ ...assumeRole(near), ExternalId: plant('planted-long-id').repeat(100) }),
      call({ ...assumeRole(near), SerialNumber: app.serial, TokenCode }),
      call({ ...assumeRole(near), SerialNumber: app.serial, TokenCode: plant('qwzjkx') }),
      call({ ...assumeRole(near), Unknown: plant('planted-unknown-member') }),
      call({ ...assumeRole(near), DurationSeconds: plant('planted-number') }),
      call({ Action: plant('PlantedAction') }),
      call({
        Action: 'AssumeRoleWithWebIdentity',
        RoleArn: near,
        RoleSessionName: 'session',
        WebIdentityToken: plant('eyJplanted.eyJtoken.sig'),
      }),
      call({
        Action: 'AssumeRoleWithSAML',
        RoleArn: near,
        PrincipalArn: near,
        SAMLAssertion: plant('cGxhbnRlZCBhc3NlcnRpb24='),
      }),
      call({ Action: 'CreateLoginProfile', UserName: 'ann', Password: plant('planted-Passw0rd!') }, iam),
      call({ Action: 'ChangePassword', OldPassword: plant('planted-old'), NewPassword: plant('planted-new') }, iam),
      call(
        {
          Action: 'PutUserPolicy',
          UserName: 'ann',
          PolicyName: 'more',
          PolicyDocument: allow('sts:AssumeRole', '*', {
            StringEquals: { 'sts:ExternalId': plant('planted-in-policy') },
          }),
        },
        iam,
      ),
      call({}, { headers: { 'x-amz-planted': plant('planted-header') } }),
      call({}, { body: `Action=GetCallerIdentity&Version=2011-06-15&a=${plant('planted-twice')}&a=2` }),
      withHeader(call({}), 'authorization', () => `Bearer ${plant('planted-bearer')}`),
      withHeader(call({}), 'authorization', () => `Basic ${plant('cGxhbnRlZDpiYXNpYw==')}`),
      withHeader(call({}), 'authorization', (value) => `${value}, ${plant('planted-part')}`),
      withHeader(call({}, { keys: session.keys }), 'x-amz-security-token', (token) =>
        plant(`${token.slice(0, -4)}AAAA`),
      ),
      call({}, { keys: { ...ann.keys, secretAccessKey: plant('planted-wrong-secret') } }),
      call(
        {},
        {
          method: 'GET',
          target: `/?${form({ Action: 'GetCallerIdentity', Version: '2011-06-15', code: plant('planted-in-target') })}`,
        },
      ),
      presigned(server.port, { keys: session.keys, now: server.now() }),
      presigned(server.port, { keys: session.keys, now: new Date(server.now().getTime() - 3_600_000) }),
      { ...call({}), target: `/${plant('planted-in-path')}` },
    ]
    for (const sent of rows) {
      const signature = /Signature=([0-9a-f]{64})/.exec(`${sent.target} ${sent.headers.join(' ')}`)?.[1]
      if (signature !== undefined) plant(signature)
      await send(server.port, sent)
    }
    assert.ok(planted.length > 50)
  })

  const absentFrom = (text: string, where: string) => {
    for (const secret of planted) {
      assert.ok(!text.includes(secret) && !text.includes(encodeURIComponent(secret)), `${secret} stands in ${where}`)
    }
  }

  test('not in the journals', async () => {
    const texts = [...(await textsOf(store, 'audit')), ...(await textsOf(store, 'refusals'))]
    assert.ok(texts.length > 60)
    for (const text of texts) absentFrom(text, text)
  })
  test('not in the exported files', async () => {
    await server.move(5000)
    const exporter = createExporter({
      store,
      sink: openFileSink({ folder: exported, prefix: 'audit' }),
      clock: server.now,
      retentionDays: 90,
    })
    assert.ok((await exporter.pass()) > 50)
    await exporter.close()
    for (const file of readdirSync(exported)) absentFrom(readFileSync(join(exported, file), 'utf8'), file)
  })
  test('not in what was reported to the operator, nor in refusals', () =>
    absentFrom(server.reported.join('\n'), 'reports'))
  test('of all that stands in the store’s files, nothing opens anything', async () => {
    // External ids in trust policies and policies stand there: they are what is to be kept.
    const kept = new Set(['planted-expected-id', 'planted-in-policy'])
    const bytes = readdirSync(server.data)
      .filter((name) => name.startsWith('store.sqlite'))
      .map((name) => readFileSync(join(server.data, name), 'latin1'))
      .join('')
    assert.ok(bytes.includes('arn:aws:iam::'))
    for (const secret of planted)
      if (!kept.has(secret)) assert.ok(!bytes.includes(secret), `${secret} stands in the store`)
  })
  test('a list of users, for one, has no secret of theirs', async () => {
    absentFrom(JSON.stringify(await server.as(ann.keys).iam.send(new ListUsersCommand({}))), 'ListUsers')
  })
})
