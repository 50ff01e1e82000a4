// `hallpass/credentials` as programs use it: AWS's SDK for JavaScript v3 with a provider, through lifetimes, outages and refusals.
import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { UpdateAssumeRolePolicyCommand } from '@aws-sdk/client-iam'
import { createCredentialChain } from '@aws-sdk/credential-providers'
import { setMachine } from '../../src/app/operator/machines.ts'
import { SourceRefused } from '../../src/client/credential-source.ts'
import { authority, newKey, signToken } from '../../src/federation/testing/idp.ts'
import { credentialProgram } from './credential-program.ts'
import { dynamodbServer, notes, startDynalite } from './dynamodb-kit.ts'
import { folder } from './folder.ts'
import { allow, person, role, trusts } from './people.ts'
import { tlsFront } from './tls-front.ts'
import { privately, register, testIdp, trusting } from './web-identity-servers.ts'
import { joined, profileWithRole } from './workload-kit.ts'

// Pages and the workload API are at one address, STS is at another: both count what comes, and may lead nowhere.
const pages = await tlsFront()
const sts = await tlsFront('127.0.0.1')
const clock = { now: new Date('2026-09-01T12:00:05.500Z') }
const key = await newKey()
const idp = await testIdp({ keys: [key] })
const server = await dynamodbServer(await startDynalite(), {
  ...{ clock, settings: { 'public-url': pages.url } },
  providers: { providers: [{ issuer: idp.issuer, account: '111122223333', ...privately }] },
})
pages.to = server
sts.to = server
await server.table(notes)
const { admin } = server
const program = credentialProgram(server)
const ann = await person(admin, 'ann', allow('sts:AssumeRole'))
const readerTrust = trusts(ann.arn)
const readerArn = await role(admin, 'reader', readerTrust, { permissions: allow('dynamodb:ListTables') })

const ca = join(folder(), 'ca.pem')
writeFileSync(ca, authority)
const environment = {
  ...{ HOME: folder(), AWS_ENDPOINT_URL: sts.url, AWS_CA_BUNDLE: ca, HALLPASS_URL: pages.url },
  ...{ AWS_ACCESS_KEY_ID: ann.keys.accessKeyId, AWS_SECRET_ACCESS_KEY: ann.keys.secretAccessKey },
}
const asked = (what: string) => [...pages.seen, ...sts.seen].filter((one) => one.includes(what)).length
const reader = () => program.providers(environment).fromAssumeRole({ roleArn: readerArn, roleSessionName: 'job' })
const readerSession = 'arn:aws:sts::111122223333:assumed-role/reader/job'

describe('a program that assumes a role with a key', () => {
  test('has credentials through three lifetimes, by one request for each renewal, whoever asks', async () => {
    const before = asked('Action=AssumeRole&')
    const credentials = reader()
    const many = [program.clients(credentials), program.clients(credentials), program.clients(credentials)]
    const keys = new Set<string>()
    for (let minutes = 0; minutes < 180; minutes += 10) {
      for (const arn of await Promise.all(many.map((one) => one.whoAmI()))) assert.equal(arn, readerSession)
      assert.deepEqual(await many[0]?.tables(), ['notes'])
      for (const one of many) keys.add(await one.key())
      await program.pass(10)
    }
    assert.equal(asked('Action=AssumeRole&') - before, 7, 'at the start, and each half hour')
    assert.ok(keys.size >= 3 && keys.size <= 7, `${keys.size}`)
  })

  test('a thousand calls at once are one request', async () => {
    const before = asked('Action=AssumeRole&')
    const credentials = reader()
    const all = await Promise.all(Array.from({ length: 1000 }, () => credentials()))
    assert.equal(new Set(all.map(({ accessKeyId }) => accessKeyId)).size, 1)
    assert.equal(asked('Action=AssumeRole&') - before, 1)
    assert.equal(new Set(all).size, all.length, 'each has a set of its own: SDKs write into it')
    assert.equal(all[0]?.accountId, '111122223333')
    credentials.close()
  })

  test('works on while Hallpass is down for half a lifetime, and never with credentials that have ended', async () => {
    const credentials = reader()
    const { whoAmI, key: current } = program.clients(credentials)
    await whoAmI()
    await program.pass(20)
    sts.to = undefined
    for (let minutes = 0; minutes < 35; minutes += 5) {
      assert.equal(await whoAmI(), readerSession)
      await program.pass(5)
    }
    await program.pass(10)
    await assert.rejects(credentials(), /^NoAnswer: https:\/\/127\.0\.0\.1:\d+ did not answer: .*503/)
    await assert.rejects(whoAmI(), /did not answer/)
    sts.to = server
    await program.pass(1)
    assert.equal(await whoAmI(), readerSession)
    assert.match(await current(), /^ASIA/)
  })

  test('is refused in the words of the server, though credentials are left, and no other source is tried', async () => {
    const reports: string[] = []
    const made = program.providers(environment)
    const credentials = made.fromAssumeRole({ roleArn: readerArn, report: (says) => reports.push(says) })
    await credentials()
    const PolicyDocument = trusts('arn:aws:iam::111122223333:root', 'sts:AssumeRole', {
      StringEquals: { 'sts:ExternalId': 'x' },
    })
    await admin.iam.send(new UpdateAssumeRolePolicyCommand({ RoleName: 'reader', PolicyDocument }))
    await program.pass(31)
    const refused = (error: Error) =>
      error instanceof SourceRefused &&
      error.code === 'AccessDenied' &&
      /^AssumeRole: AccessDenied: User: .*user\/ann is not authorized to perform: sts:AssumeRole on resource: .*role\/reader .*\(request /.test(
        error.message,
      )
    await assert.rejects(credentials(), refused)
    let others = 0
    const other = async () => {
      others++
      return ann.keys
    }
    await assert.rejects(createCredentialChain(credentials, other)(), refused)
    assert.equal(others, 0)
    assert.equal(reports.length, 1)
    await admin.iam.send(new UpdateAssumeRolePolicyCommand({ RoleName: 'reader', PolicyDocument: readerTrust }))
    await program.pass(1)
    assert.match((await credentials()).accessKeyId, /^ASIA/)
    assert.match(reports[1] ?? '', /renewed again$/)
    credentials.close()
  })
})

describe('a program with a token in a file', () => {
  test('reads the token anew each time, and lives on its last credentials while the file holds an old one', async () => {
    const file = join(folder(), 'token')
    const trust = trusting(await register(admin, idp.issuer))
    const roleArn = await role(admin, 'pod', trust)
    const write = async () => writeFileSync(file, `${await signToken(idp.issuer, key, server.now())}\n`)
    await write()
    const made = program.providers({ ...environment, AWS_WEB_IDENTITY_TOKEN_FILE: file, AWS_ROLE_ARN: roleArn })
    const reports: string[] = []
    const credentials = made.fromWebIdentity({ report: (says) => reports.push(says) })
    const { whoAmI, key: current } = program.clients(credentials)
    assert.equal(await whoAmI(), 'arn:aws:sts::111122223333:assumed-role/pod/hallpass')
    const first = await current()
    await program.pass(45)
    assert.equal((await credentials()).accessKeyId, first)
    assert.match(reports[0] ?? '', /ExpiredTokenException/)
    await write()
    await program.pass(1)
    assert.notEqual((await credentials()).accessKeyId, first)
    const exp = server.now().getTime() / 1000 + 3600
    writeFileSync(file, await signToken(idp.issuer, await newKey(), server.now(), { claims: { exp } }))
    await program.pass(40)
    await assert.rejects(
      credentials(),
      (error) => error instanceof SourceRefused && /InvalidIdentityToken/.test(error.code),
    )
  })

  test('an absent, empty or endless file is said, and nothing is sent', async () => {
    const made = program.providers(environment)
    const before = asked('AssumeRoleWithWebIdentity')
    const at = folder()
    for (const [name, text, says] of [
      ['absent', undefined, /absent: there is no such file$/],
      ['empty', ' \n', /empty is empty: it should hold a web identity token$/],
      ['endless', 'x'.repeat(20_001), /endless is too long to be a web identity token$/],
    ] as const) {
      const tokenFile = join(at, name)
      if (text !== undefined) writeFileSync(tokenFile, text)
      await assert.rejects(made.fromWebIdentity({ tokenFile, roleArn: readerArn })(), says)
    }
    assert.equal(asked('AssumeRoleWithWebIdentity'), before)
  })
})

describe('a machine that has joined', async () => {
  const world = { server, front: pages, at: { url: pages.url, ca: authority }, clock }
  const roleArn = await profileWithRole(world, 'web')

  test('has the role of its instance profile, and roles that trust that one, until it is disabled', async () => {
    const enrolment = await joined(world, 'web-1')
    const file = join(folder(), 'machine.json')
    writeFileSync(file, JSON.stringify(enrolment))
    const made = program.providers({ ...environment, HALLPASS_MACHINE_FILE: file })
    const machine = made.fromMachine({ durationSeconds: 3600 })
    const { whoAmI } = program.clients(machine)
    const next = await role(admin, 'next', trusts(roleArn))
    const second = program.clients(made.fromAssumeRole({ credentials: machine, roleArn: next, roleSessionName: 'hop' }))
    const before = asked('/workload/credentials')
    for (let minutes = 0; minutes < 180; minutes += 10) {
      assert.equal(await whoAmI(), `arn:aws:sts::111122223333:assumed-role/web/${enrolment.machine}`)
      assert.equal(await second.whoAmI(), 'arn:aws:sts::111122223333:assumed-role/next/hop')
      await program.pass(10)
    }
    assert.equal(asked('/workload/credentials') - before, 7)
    await setMachine(server.engine, { machine: enrolment.machine, isEnabled: false })
    await program.pass(31)
    await assert.rejects(machine(), SourceRefused)
    await assert.rejects(
      second.whoAmI(),
      /The security token included in the request is invalid/,
      'and what came of it',
    )
  })

  test('one that has not joined is told so', async () => {
    const file = join(folder(), 'machine.json')
    await assert.rejects(
      program.providers({ HALLPASS_MACHINE_FILE: file }).fromMachine()(),
      /machine\.json: there is no such file/,
    )
    writeFileSync(file, '{}')
    await assert.rejects(
      program.providers(environment).fromMachine({ file })(),
      /is not the enrolment of a machine: join again/,
    )
  })
})

describe('options that cannot be right', () => {
  const made = program.providers({ HOME: '/nowhere' })
  const roleArn = readerArn
  const credentials = ann.keys
  const arns = { trustAnchorArn: 'a', profileArn: 'b', roleArn }
  const files = { certificateFile: 'c', privateKeyFile: 'k' }
  const asService = { service: 's', roleArn, roleSessionName: 'n', sourceAccount: '1', url: 'https://h.example' }
  for (const [what, make, says] of [
    [
      'no endpoint',
      () => made.fromAssumeRole({ roleArn, credentials }),
      /where is Hallpass\? give `endpoint`, or set AWS_ENDPOINT_URL/,
    ],
    ['no endpoint of Roles Anywhere', () => made.fromCertificate({ ...arns, ...files }), /where is Hallpass/],
    [
      'another kind of endpoint',
      () => made.fromAssumeRole({ roleArn, credentials, endpoint: 'ftp://x' }),
      /ftp:\/\/x is not an http or https URL/,
    ],
    ['no key', () => made.fromAssumeRole({ roleArn, endpoint: sts.url }), /whose key\? give `credentials`/],
    ['no token', () => made.fromWebIdentity({ endpoint: sts.url }), /which token\?/],
    ['no role', () => made.fromWebIdentity({ endpoint: sts.url, tokenFile: 'x' }), /which role\?/],
    ['no server', () => made.fromSignIn({ role: roleArn }), /where is Hallpass\? give `url`, or set HALLPASS_URL/],
    [
      'a sign-in in clear text',
      () => made.fromSignIn({ role: roleArn, url: 'http://sso.example' }),
      /is not encrypted/,
    ],
    [
      'a role and an account',
      () => made.fromSignIn({ role: roleArn, account: '1', url: 'https://h.example' }),
      /give `role` or `account`, and not both/,
    ],
    ['neither', () => made.fromSignIn({ url: 'https://h.example' }), /give `role` or `account`/],
    ['no proof of a service', () => made.fromService(asService), /give `privateKeyFile` or `tokenFile`/],
    ['two proofs', () => made.fromService({ ...asService, privateKeyFile: 'a', tokenFile: 'b' }), /and not both/],
  ] as const) {
    test(`${what} is said before anything is asked`, () => {
      assert.throws(make, (error) => error instanceof TypeError && says.test(error.message))
    })
  }

  test('nobody who is signed in is said when it is asked', async () => {
    await assert.rejects(
      made.fromSignIn({ role: roleArn, url: 'https://h.example' })(),
      /^SourceRefused: nobody is signed in at https:\/\/h\.example here: hallpass login --url https:\/\/h\.example$/,
    )
  })
})
