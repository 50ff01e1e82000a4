// `hallpass login` as a person has it: a browser, a directory, and programs with AWS's own SDK that read the profile and are served
// until the sign-in ends. Clocks of server, command and SDK are one, which the test moves.
import assert from 'node:assert/strict'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { Agent } from 'node:https'
import { join } from 'node:path'
import { after, afterEach, beforeEach, mock, test } from 'node:test'
import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts'
import { fromHttp, fromIni } from '@aws-sdk/credential-providers'
import { invoke } from '../../src/cli/testing/world.ts'
import { authority } from '../../src/federation/testing/idp.ts'
import { browser } from '../../src/server/pages/testing/browser.ts'
import { personEntry } from './company.ts'
import { toServer } from './console-tools.ts'
import { folder } from './folder.ts'
import { commandLineWorld } from './hallpass-login-kit.ts'

const clock = { now: new Date('2026-09-01T12:00:05.500Z') }
const { server, url, apiUrl, corp, asAtFirst, allow } = await commandLineWorld(clock)

const agent = new Agent({ ca: authority })
after(() => agent.destroy())

beforeEach(async () => {
  await asAtFirst()
  mock.timers.enable({ apis: ['Date'], now: clock.now })
})
afterEach(() => mock.timers.reset())

/** A person at their machine, with a browser. */
function desk(login = 'ann') {
  const home = folder()
  mkdirSync(join(home, '.aws'))
  const [ca, time] = [join(home, 'ca.pem'), join(home, 'time')]
  writeFileSync(ca, authority)
  writeFileSync(time, clock.now.toISOString())
  const opened: string[] = []
  function openPage(page: string) {
    opened.push(page)
    void allow(page, login)
  }
  const executable = `${process.execPath} --disable-warning=ExperimentalWarning ${new URL('hallpass-at.ts', import.meta.url).pathname} ${time}`
  const environment = { HOME: home, AWS_CA_BUNDLE: ca, PATH: process.env.PATH }
  const how = {
    ...{ environment, executable, clock: () => clock.now },
    openPage: (page: string) => void openPage(page),
  }
  return {
    opened,
    config: join(home, '.aws', 'config'),
    run: (words: readonly string[], more: Parameters<typeof invoke>[1] = {}) => invoke(words, { ...how, ...more }),
    async pass(seconds: number) {
      await server.move(seconds * 1000)
      mock.timers.setTime(clock.now.getTime())
      writeFileSync(time, clock.now.toISOString())
    },
    /** AWS's SDK for JavaScript, which knows the profile's name alone. */
    program(profile: string) {
      const { HOME } = process.env
      process.env.HOME = home
      after(() => {
        process.env.HOME = HOME
      })
      const sts = new STSClient({
        ...{ region: 'us-east-1', endpoint: apiUrl, maxAttempts: 1, requestHandler: { httpsAgent: agent } },
        credentials: fromIni({ profile, configFilepath: join(home, '.aws', 'config'), ignoreCache: true }),
      })
      after(() => sts.destroy())
      return async () => {
        const { Arn = '' } = await sts.send(new GetCallerIdentityCommand({}))
        return { Arn, key: (await sts.config.credentials()).accessKeyId }
      }
    },
  }
}

test('the profile serves a program with AWS’s SDK through three lifetimes of its credentials, with nobody at the browser', async () => {
  const at = desk()
  const { code, err } = await at.run(['login', '--url', url, '--role', 'reader', '--profile', 'work'])
  assert.equal(code, 0, err)
  assert.match(readFileSync(at.config, 'utf8'), /^\[profile work\]\ncredential_process = /)
  const whoAmI = at.program('work')
  const keys = new Set<string>()
  for (let lifetime = 0; lifetime < 3; lifetime++) {
    for (let minute = 0; minute < 15; minute += 5) {
      const { Arn, key } = await whoAmI()
      assert.match(Arn, /^arn:aws:sts::111122223333:assumed-role\/Reader\/ann-[a-z2-7]{10}$/)
      keys.add(key)
      await at.pass(300)
    }
  }
  assert.ok(keys.size >= 3, `${keys.size}`)
  assert.equal(at.opened.length, 1)
})

test('exec serves a long program through three lifetimes', async () => {
  const at = desk()
  assert.equal((await at.run(['login', '--url', url, '--role', 'reader'])).code, 0)
  const keys = new Set<string>()
  const { code, err } = await at.run(['exec', '--role', 'Reader', '--', 'program'], {
    async runProgram(_words, environment) {
      const sts = new STSClient({
        ...{ region: 'us-east-1', endpoint: environment.AWS_ENDPOINT_URL ?? '', maxAttempts: 1 },
        ...{ requestHandler: { httpsAgent: agent } },
        credentials: fromHttp({
          awsContainerCredentialsFullUri: environment.AWS_CONTAINER_CREDENTIALS_FULL_URI ?? '',
          awsContainerAuthorizationToken: environment.AWS_CONTAINER_AUTHORIZATION_TOKEN ?? '',
        }),
      })
      for (let lifetime = 0; lifetime < 3; lifetime++) {
        await sts.send(new GetCallerIdentityCommand({}))
        keys.add((await sts.config.credentials()).accessKeyId)
        await at.pass(900)
      }
      sts.destroy()
      return 5
    },
  })
  assert.equal(code, 5, err)
  assert.equal(keys.size, 3)
})

test('a person who left, or lost the group, is refused at the next renewal, and told why', async () => {
  for (const change of [
    () => corp.directory.change(personEntry('ann').dn, { state: 'disabled' }),
    () => corp.setMembers('readers', ['ben']),
  ]) {
    const at = desk()
    corp.asAtFirst()
    assert.equal((await at.run(['login', '--url', url, '--role', 'reader', '--profile', 'work'])).code, 0)
    const whoAmI = at.program('work')
    await whoAmI()
    change()
    await at.pass(900)
    await assert.rejects(whoAmI())
    const { code, err, out } = await at.run(['exec', '--role', 'reader', '--', 'program'], {
      runProgram: () => assert.fail('it ran'),
    })
    assert.equal(code, 1, out)
    assert.match(err, /no longer lets this person in\. Sign in again with: hallpass login/)
  }
})

test('the end of the sign-in is said, and what to do', async () => {
  const at = desk()
  assert.equal((await at.run(['login', '--url', url, '--role', 'reader', '--profile', 'work'])).code, 0)
  await at.pass(12 * 3600)
  const { code, err } = await at.run(['roles'])
  assert.equal(code, 1)
  assert.match(
    err,
    /ann is not signed in any more at .* The sign-in has reached its end\. Sign in again with: hallpass login/,
  )
  // The same profile serves again after it.
  assert.equal((await at.run(['login', '--profile', 'work'])).code, 0)
  assert.equal(at.opened.length, 2)
  assert.match((await at.program('work')()).Arn, /Reader/)
})

test('logout ends what programs had, at once', async () => {
  const at = desk()
  assert.equal((await at.run(['login', '--url', url, '--role', 'reader', '--profile', 'work'])).code, 0)
  const whoAmI = at.program('work')
  await whoAmI()
  assert.equal((await at.run(['logout'])).code, 0)
  await at.pass(1)
  await assert.rejects(whoAmI())
  assert.match((await at.run(['roles'])).err, /nobody is signed in here/)
})

test('a role that needs a second factor is listed so, and refused without one', async () => {
  const at = desk()
  const { err } = await at.run(['login', '--url', url])
  assert.match(err, /No profile was written: which one\?/)
  const { out } = await at.run(['roles'])
  assert.match(out, /111122223333 +Admin +1 h +needed +here\n111122223333 +Reader +15 min +- +here/)
  const exec = await at.run(['exec', '--role', 'Admin', '--', 'program'], { runProgram: () => assert.fail('it ran') })
  assert.equal(exec.code, 1)
  assert.match(exec.err, /second factor/)
})

test('console opens a signed-in console', async () => {
  const at = desk()
  assert.equal((await at.run(['login', '--url', url, '--role', 'reader'])).code, 0)
  const { code, out, err } = await at.run(['console', '--role', 'reader', '--no-browser'])
  assert.equal(code, 0, err)
  const inProcess = toServer(server)
  const shown = await browser(inProcess).open(out)
  assert.equal(shown.status, 200, shown.text)
  assert.match(shown.text, /Reader/)
})
