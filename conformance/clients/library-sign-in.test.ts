// `fromSignIn` of `hallpass/credentials`: a program of somebody who is signed in by `hallpass login`, until that sign-in ends.
import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { invoke } from '../../src/cli/testing/world.ts'
import { SourceRefused } from '../../src/client/credential-source.ts'
import { authority } from '../../src/federation/testing/idp.ts'
import { readerArn } from './company.ts'
import { credentialProgram } from './credential-program.ts'
import { folder } from './folder.ts'
import { commandLineWorld } from './hallpass-login-kit.ts'

const clock = { now: new Date('2026-09-01T12:00:05.500Z') }
const { server, url, corp, asAtFirst, allow } = await commandLineWorld(clock)
const program = credentialProgram(server)

/** Somebody at their machine, signed in. */
async function desk() {
  await asAtFirst()
  const home = folder()
  const ca = join(home, 'ca.pem')
  writeFileSync(ca, authority)
  const environment = { HOME: home, AWS_CA_BUNDLE: ca, HALLPASS_URL: url, HALLPASS_KEYRING: 'none' }
  const { code, err } = await invoke(['login', '--role', 'reader'], {
    ...{ environment, clock: () => clock.now },
    openPage: (page: string) => void allow(page, 'ann'),
  })
  assert.equal(code, 0, err)
  const reports: string[] = []
  const credentials = program
    .providers(environment)
    .fromSignIn({ role: readerArn, report: (says) => reports.push(says) })
  return { environment, reports, credentials, ...program.clients(credentials) }
}

test('it serves a program through three lifetimes', async () => {
  const { whoAmI, key, credentials } = await desk()
  const keys = new Set<string>()
  for (let minutes = 0; minutes < 45; minutes += 5) {
    const { expiration } = await credentials()
    assert.ok(expiration > clock.now)
    assert.match(await whoAmI(), /^arn:aws:sts::111122223333:assumed-role\/Reader\/ann-/)
    keys.add(await key())
    await program.pass(5)
  }
  assert.ok(keys.size >= 3, `${keys.size}`)
})

test('whoever lost the role is refused at the next renewal, and told why', async () => {
  const { credentials, reports } = await desk()
  await credentials()
  corp.setMembers('readers', ['ben'])
  await program.pass(16)
  await assert.rejects(
    credentials(),
    (error) => error instanceof SourceRefused && /Sign in again with: hallpass login$/.test(error.message),
  )
  assert.equal(reports.length, 1)
  assert.match(reports[0] ?? '', /no longer lets this person in/)
})

test('after a sign-out nothing is given, and after the next sign-in the same provider gives again', async () => {
  const { credentials, environment } = await desk()
  await credentials()
  assert.equal((await invoke(['logout'], { environment, clock: () => clock.now })).code, 0)
  await program.pass(16)
  await assert.rejects(credentials(), /nobody is signed in at https:.* here: hallpass login/)
  const how = { environment, clock: () => clock.now, openPage: (page: string) => void allow(page, 'ann') }
  assert.equal((await invoke(['login', '--role', 'reader'], how)).code, 0)
  await program.pass(1)
  assert.match((await credentials()).accessKeyId, /^ASIA/)
})
