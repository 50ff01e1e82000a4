// A directory is down for longer than its grace: what its people were given is held on every node, nobody gets more by any way, and all
// of it goes on once the directory answers.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  GetCredentialsForIdentityCommand,
  GetOpenIdTokenForDeveloperIdentityCommand,
} from '@aws-sdk/client-cognito-identity'
import {
  AssumeRoleCommand,
  AssumeRoleWithWebIdentityCommand,
  GetCallerIdentityCommand,
  GetSessionTokenCommand,
} from '@aws-sdk/client-sts'
import { invoke } from '../../src/cli/testing/world.ts'
import { type Browser, browser } from '../../src/server/pages/testing/browser.ts'
import { explainForOperator } from '../../src/service/audit/explain-text.ts'
import { why } from '../../src/service/audit/why.ts'
import { brokerAndRoles, brokerArn, company, dnOf, passwordOf, personEntry, readerArn } from './company.ts'
import { consoleUrl, publicUrl, sessionText, signInNames, toServer } from './console-tools.ts'
import { textsOf } from './journals.ts'
import { allow, keysOf, manager, role, trusts } from './people.ts'
import { makePool } from './pools.ts'
import { type Refused, refused, refusedId } from './refused.ts'
import { type Keys, nobody, secondNode, type TestServer, testServer } from './server.ts'

const words =
  'The directory or provider that vouches for you cannot be asked now, so nothing that you were given is accepted. It goes on once the directory answers.'
const held: Refused = ['AccessDenied', 403, words]
const heldJson: Refused = ['AccessDeniedException', 400, words]

const clock = { now: new Date('2026-09-01T12:00:05.500Z') }
const settings = { 'public-url': publicUrl, 'signin-names': signInNames }
const corp = await company()
const server = await testServer({ file: 'shared.sqlite', clock, node: 'one', settings })
const two = await secondNode(server, { clock, settings })
const admin = await manager(server)
await brokerAndRoles(admin)
const provider = 'login.my.app'
const pool = await makePool(admin, { DeveloperProviderName: provider, AllowClassicFlow: true })
const session = ['sts:AssumeRole', 'sts:SetSourceIdentity', 'sts:TagSession']
const backend = await role(admin, 'Backend', trusts(brokerArn, session), {
  permissions: allow(['sts:*', 'cognito-identity:*', 'iam:List*']),
})
const chained = await role(admin, 'Chained', trusts(backend, session), { permissions: allow('sts:*') })
await corp.apply(server, {
  roles: [
    ['admins', backend],
    ['readers', readerArn],
  ],
})

const tickMs = 15_000
/** The check, and the timer's tick; and after an answer, until the next question to a connector that was silent. */
const boundMs = 120_000 + tickMs
const backMs = 60_000 + tickMs

/** Time passes, and the first node checks people as its timer has it do. Both hear of it. */
async function pass(ms: number): Promise<void> {
  for (let passed = 0; passed < ms; passed += tickMs) {
    await server.move(tickMs)
    await server.engine.people.signIns.checkDue(clock.now)
  }
  await two.move(0)
  await Promise.all([server, two].map(({ engine }) => engine.revocations.settled()))
}

const visitor = (of: TestServer = server) => browser(toServer(of))
const whoIs = (keys: Keys, at = server) => at.as(keys).sts.send(new GetCallerIdentityCommand({}))
const assumeChained = async (keys: Keys): Promise<Keys> =>
  keysOf(
    (await server.as(keys).sts.send(new AssumeRoleCommand({ RoleArn: chained, RoleSessionName: 'chained' })))
      .Credentials,
  )
const signInTokenOf = (keys: Keys) =>
  visitor().ask(
    `${publicUrl}/federation?${new URLSearchParams({ Action: 'getSigninToken', Session: sessionText(keys) })}`,
  )
const useSignInToken = (SigninToken: string, person = visitor()) =>
  person.open(
    `${publicUrl}/federation?${new URLSearchParams({ Action: 'login', Destination: consoleUrl, SigninToken })}`,
  )
const askBroker = (login: string, arn: string) =>
  visitor().ask(`${publicUrl}/broker/credentials`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ connector: 'corp', login, password: passwordOf(login), role: arn }),
  })
const consoleCookie = ({ jar }: Browser) => jar.value(consoleUrl, '__Host-hallpass-session')

async function toConsole(login: string, arn: string): Promise<Browser> {
  const person = visitor()
  const sent = await person.submit(await person.open(`${publicUrl}/signin`), { login, password: passwordOf(login) })
  const inside = await person.submit(sent, { roleIndex: arn }, '/roles')
  assert.equal(inside.url, consoleUrl, inside.text)
  return person
}

async function keysFor(login: string, arn = readerArn): Promise<Keys> {
  const { status, text } = await askBroker(login, arn)
  assert.equal(status, 200, text)
  return keysOf((JSON.parse(text) as { Credentials: Parameters<typeof keysOf>[0] }).Credentials)
}

async function developerToken(keys: Keys) {
  const { IdentityId = '', Token = '' } = await server.as(keys).cognito.send(
    new GetOpenIdTokenForDeveloperIdentityCommand({
      ...{ IdentityPoolId: pool.IdentityPoolId, Logins: { [provider]: 'someone' } },
    }),
  )
  return { IdentityId, Token }
}
const basic = async (WebIdentityToken: string) => {
  const RoleArn = `arn:aws:iam::${server.account}:role/${pool.people}`
  const wanted = { RoleArn, RoleSessionName: 'someone', WebIdentityToken }
  return keysOf((await server.as(nobody).sts.send(new AssumeRoleWithWebIdentityCommand(wanted))).Credentials)
}
const enhanced = ({ IdentityId, Token }: { IdentityId: string; Token: string }) =>
  server
    .as(nobody)
    .cognito.send(
      new GetCredentialsForIdentityCommand({ IdentityId, Logins: { 'cognito-identity.amazonaws.com': Token } }),
    )

test('everything is held within the bound, on both nodes, opens no way to more, and goes on once the directory is back', async () => {
  const person = await toConsole('ann', backend)
  const keys = await keysFor('ann', backend)
  const chain = await assumeChained(keys)
  const token = JSON.parse((await signInTokenOf(keys)).text).SigninToken as string
  const developer = await developerToken(keys)
  const ofToken = await basic(developer.Token)
  const cookie = consoleCookie(person)
  await two.move(0)
  for (const one of [keys, chain, ofToken]) for (const at of [server, two]) await whoIs(one, at)

  await corp.directory.kill()
  await pass(boundMs)
  for (const one of [keys, chain, ofToken]) for (const at of [server, two]) await refused(whoIs(one, at), held)
  await refused(assumeChained(keys), held)
  await refused(assumeChained(chain), held)
  await refused(server.as(chain).sts.send(new GetSessionTokenCommand({})), held)
  await refused(developerToken(keys), heldJson)
  await assert.rejects(basic(developer.Token), { name: 'InvalidIdentityTokenException' })
  await assert.rejects(enhanced(developer), { name: 'NotAuthorizedException' })
  const fromKeys = await signInTokenOf(keys)
  assert.deepEqual([fromKeys.status >= 400, fromKeys.text.includes('SigninToken')], [true, false])
  const login = await useSignInToken(token)
  assert.notEqual(login.url, consoleUrl)
  for (const at of [person, moved(person)]) {
    for (const path of ['', '/credentials', '/users']) {
      const shown = await at.open(`${consoleUrl}${path}`)
      assert.equal(shown.status, 503)
      assert.match(shown.text, /directory cannot be asked now/)
    }
  }
  // A link from anywhere does not take the session away that goes on later.
  await person.ask(`${publicUrl}/federation?Action=logout&redirect_uri=${encodeURIComponent(consoleUrl)}`, {
    headers: { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'document' },
  })
  assert.equal(consoleCookie(person), cookie)
  const chooser = await person.open(`${publicUrl}/signin/roles`)
  assert.equal(chooser.status, 503)
  assert.equal((await askBroker('ann', backend)).status, 503)

  const listed = await invoke(['people', 'list', '--data', server.data])
  assert.match(listed.out, /^CONNECTOR .* HELD .*\n(corp +ann .* 2026-09-01T12:0\d:\d\dZ .*\n?)+$/)
  await server.move(2_000)
  const id = await refusedId(whoIs(keys), held)
  await server.move(2_000)
  const found = await why(server.engine.store, id)
  assert(found !== undefined)
  assert.match(explainForOperator(found), /could not be asked for longer than its grace/)

  await corp.directory.restart()
  await pass(backMs)
  for (const one of [keys, chain, ofToken]) for (const at of [server, two]) await whoIs(one, at)
  for (const at of [person, moved(person)]) assert.equal((await at.open(consoleUrl)).status, 200)
  assert.equal(consoleCookie(person), cookie)
  await whoIs(await assumeChained(keys))
  await whoIs(await basic(developer.Token))
  assert.equal((await useSignInToken(token)).url, consoleUrl)
})

/** The same browser at the other node. */
function moved({ jar }: Browser): Browser {
  const other = visitor(two)
  const name = '__Host-hallpass-session'
  other.jar.plant(consoleUrl, `${name}=${jar.value(consoleUrl, name)}; Path=/; Secure`)
  return other
}

test('who was disabled meanwhile is revoked, and everybody else goes on', async () => {
  await server.move(3_600_000)
  const [annKeys, benKeys] = [await keysFor('ann'), await keysFor('ben')]
  await corp.directory.kill()
  await pass(boundMs)
  for (const keys of [annKeys, benKeys]) await refused(whoIs(keys), held)
  corp.directory.change(dnOf('ann'), { ...personEntry('ann'), state: 'disabled' })
  await corp.directory.restart()
  await pass(backMs)
  await assert.rejects(whoIs(annKeys), { name: 'InvalidClientTokenId' })
  await whoIs(benKeys)
  corp.asAtFirst()
})

test('a node that was not there when it was held holds too', async () => {
  await server.move(3_600_000)
  const keys = await keysFor('ben')
  await corp.directory.kill()
  await pass(boundMs)
  const three = await secondNode(server, { clock, settings })
  await three.move(0)
  await refused(whoIs(keys, three), held)
  await corp.directory.restart()
  // Signing in once more is an answer, on whichever node.
  await keysFor('ben')
  await server.engine.revocations.settled()
  await whoIs(keys)
})

test('the audit says of each hold that it was lifted, or how the sign-in ended, and has no more records than turns', async () => {
  const entries = (await textsOf(server.engine.store, 'audit')).map((text) => JSON.parse(text).records[0])
  const named = (name: string) => entries.filter(({ eventName }) => eventName === name)
  const signInsOf = (name: string): string[] =>
    named(name).flatMap(({ requestParameters }) => {
      assert.equal(requestParameters.connector, 'corp')
      return requestParameters.signIns.map(({ signIn }: { signIn: string }) => signIn)
    })
  const held = signInsOf('HoldSignIns').toSorted()
  const ended = named('EndSignIn').map(({ additionalEventData }) => additionalEventData.signIn)
  const lifted = signInsOf('LiftSignIns')
  assert.deepEqual([...lifted, ...ended.filter((id) => held.includes(id))].toSorted(), held)
  assert(ended.length > 0 && held.length > ended.length)
  assert(named('HoldSignIns').length <= 3 * (boundMs / tickMs))
})

test('the servers reported no failure', () => {
  assert.deepEqual([...server.reported, ...two.reported], [])
})
