// `fromCertificate` of `hallpass/credentials`, and `credential-process --certificate`, against IAM Roles Anywhere as Hallpass offers it.
import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { invoke } from '../../src/cli/testing/world.ts'
import { SourceRefused } from '../../src/client/credential-source.ts'
import { ecKeys, type Issued, rsaKeys } from '../../src/federation/x509/testing/authority.ts'
import { certificateWorld, idIn } from './certificates-kit.ts'
import { credentialProgram } from './credential-program.ts'
import { folder } from './folder.ts'

const clock = { now: new Date('2026-09-01T12:00:05.500Z') }
const world = await certificateWorld({ clock })
const { server, root, done, anchorArn: trustAnchorArn, profileArn, roleArn } = world
const program = credentialProgram(server)
const at = folder()
const [certificateFile, privateKeyFile] = [join(at, 'tls.crt'), join(at, 'tls.key')]

/** Puts them where the program looks, as whoever renews certificates does. */
function install({ pem, keys }: Issued, ...issuers: readonly Issued[]) {
  writeFileSync(certificateFile, [pem, ...issuers.map((one) => one.pem)].join(''))
  writeFileSync(privateKeyFile, keys.privateKey.export({ format: 'pem', type: 'pkcs8' }))
}
const environment = { HOME: at, AWS_ENDPOINT_URL: server.url }
const credentialsOf = (report?: (says: string) => void) =>
  program.providers(environment).fromCertificate({
    ...{ certificateFile, privateKeyFile, trustAnchorArn, profileArn, roleArn },
    ...(report === undefined ? {} : { report }),
    durationSeconds: 3600,
  })
const session = (serial: string) => `arn:aws:sts::111122223333:assumed-role/Web/${serial}`

for (const [kind, keys] of [
  ['P-256', ecKeys()],
  ['P-384', ecKeys('P-384')],
  ['RSA', rsaKeys()],
] as const) {
  test(`a key of ${kind} serves a program through three lifetimes`, async () => {
    install(root.issue({ subject: ['CN=web-1'], keys, serial: 0xfedcba9876543210fedcn }))
    const { whoAmI, key } = program.clients(credentialsOf())
    const seen = new Set<string>()
    for (let minutes = 0; minutes < 180; minutes += 20) {
      assert.equal(await whoAmI(), session('fedcba9876543210fedc'))
      seen.add(await key())
      await program.pass(20)
    }
    assert.ok(seen.size >= 3, `${seen.size}`)
  })
}

test('a renewed certificate counts from the next renewal on, with those of its issuers behind it', async () => {
  const upper = root.authority({ subject: ['CN=Upper'] })
  const lower = upper.authority({ subject: ['CN=Lower'] })
  install(root.issue({ subject: ['CN=web-1'], serial: 0x77n }))
  const credentials = credentialsOf()
  const { whoAmI } = program.clients(credentials)
  assert.equal(await whoAmI(), session('77'))
  install(lower.issue({ subject: ['CN=web-1'], serial: 0x78n }), lower, upper)
  await program.pass(56)
  assert.equal(await whoAmI(), session('78'))
})

test('a revoked certificate is refused in the server’s words, and nothing from before is given', async () => {
  const leaf = root.issue({ subject: ['CN=web-2'], serial: 0x99n })
  install(leaf)
  const reports: string[] = []
  const credentials = credentialsOf((says) => reports.push(says))
  await credentials()
  const list = root.revoke([leaf.serial]).pem
  await done('POST', '/crls', {
    ...{ name: 'revoked', enabled: true, trustAnchorArn, crlData: Buffer.from(list).toString('base64') },
  })
  await program.pass(31)
  await assert.rejects(
    credentials(),
    (error) => error instanceof SourceRefused && /^CreateSession: AccessDeniedException: .+/.test(error.message),
  )
  assert.equal(reports.length, 1)
  credentials.close()
})

test('credential-process prints what works, and says why a disabled profile does not', async () => {
  install(root.issue({ subject: ['CN=web-3'], serial: 0xabn }))
  const words = [
    ...['credential-process', '--certificate', certificateFile, '--private-key', privateKeyFile],
    ...['--trust-anchor-arn', trustAnchorArn, '--profile-arn', profileArn, '--role-arn', roleArn, '--no-cache'],
  ]
  const run = () => invoke(words, { environment, clock: () => clock.now })
  const { code, out, err } = await run()
  assert.equal(code, 0, err)
  const { AccountId, AccessKeyId } = JSON.parse(out) as { AccountId: string; AccessKeyId: string }
  assert.equal(AccountId, '111122223333')
  assert.match(AccessKeyId, /^ASIA/)
  await done('POST', `/profile/${idIn(profileArn)}/disable`)
  await server.move(1000)
  const refused = await run()
  assert.deepEqual([refused.code, refused.out], [1, ''])
  assert.match(refused.err, /^hallpass: CreateSession: \w+Exception: .+/)
})
