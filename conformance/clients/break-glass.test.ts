// The operator's way into the console when the company's directory does not answer: by the admin socket alone, and recorded.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type BreakGlassInput, breakGlass } from '../../src/app/operator/break-glass.ts'
import { invoke, newPath } from '../../src/cli/testing/world.ts'
import type { OperatorBroker } from '../../src/server/broker/operator-broker.ts'
import { browser } from '../../src/server/pages/testing/browser.ts'
import { brokering } from './broker-kit.ts'
import { adminArn, brokerAndRoles, company } from './company.ts'
import { publicUrl, toServer } from './console-tools.ts'
import { textsOf } from './journals.ts'
import { testServer } from './server.ts'

const corp = await company()
const server = await testServer({ settings: { 'public-url': publicUrl } })
await brokerAndRoles(server.as(server.root))
await corp.apply(server)
const { engine } = server

const reported: string[] = []
const asked: string[] = []
const broker: OperatorBroker = {
  ...{ consoleLink: async () => undefined },
  async assumeRole(exchange, signIn, role, seconds, now) {
    asked.push(`${signIn.login} ${role.arn} ${role.broker?.account}`)
    assert.equal((await recordsOf('BreakGlass')).length > 0, true, 'recorded before it is asked for')
    return brokering(server).operator.assumeRole(exchange, signIn, role, seconds, now)
  },
}
const recordsOf = async (name: string) =>
  (await textsOf(engine.store, 'audit')).filter((text) => text.includes(`"eventName":"${name}"`))

const open = (input: Partial<BreakGlassInput>, by = broker) =>
  breakGlass(
    { engine, broker: by, servesConsole: () => true, report: (line) => reported.push(line) },
    input,
    new AbortController().signal,
  )

test('with the directory down, a link opens the console in the role once, and the record says for whom', async () => {
  await corp.directory.kill()
  const { url } = await open({ role: adminArn, as: 'ann' })
  assert.deepEqual(asked, [`break-glass-ann ${adminArn} ${server.account}`])
  const person = browser(toServer(server))
  assert.match((await person.open(url)).text, /assumed-role\/Admin\/break-glass-ann/)
  assert.doesNotMatch((await browser(toServer(server)).open(url)).text, /assumed-role/)
  const [record] = await recordsOf('BreakGlass')
  assert.match(record ?? '', new RegExp(`"role":"${adminArn}","as":"ann"`))
  assert.match(record ?? '', new RegExp(`"recipientAccountId":"${server.account}"`))
  assert.deepEqual(reported, [`break-glass: an operator opens a console as ${adminArn}, for ann`])
  await corp.directory.restart()
})

for (const [what, input, says] of [
  ['no role', { as: 'ann' }, /give the ARN of a role/],
  ['a user', { role: `arn:aws:iam::${server.account}:user/ann`, as: 'ann' }, /give the ARN of a role/],
  ['nobody', { role: adminArn }, /give a name of 1 to 40/],
  ['a name that a session cannot have', { role: adminArn, as: 'a b' }, /give a name of 1 to 40/],
  ['a name that is too long', { role: adminArn, as: 'a'.repeat(41) }, /give a name of 1 to 40/],
] as const) {
  test(`for ${what} nothing is asked for`, async () => {
    const before = asked.length
    await assert.rejects(open(input), says)
    assert.equal(asked.length, before)
  })
}

test("what the role's own trust policy refuses is refused, with the request to ask about", async () => {
  const refused = { code: 'AccessDenied', status: 403, message: 'not authorized.' }
  const refusing = { ...broker, assumeRole: async () => ({ refused, requestId: 'a-request' }) }
  await assert.rejects(
    open({ role: adminArn, as: 'ann' }, refusing),
    /AccessDenied: not authorized\. .*hallpass why a-request/,
  )
})

test('without a broker user nobody can assume a role', async () => {
  const alone = await testServer({ settings: { 'public-url': publicUrl } })
  const { code, err } = await invoke([
    'console',
    '--break-glass',
    '--role',
    adminArn,
    '--as',
    'ann',
    '--data',
    alone.data,
  ])
  assert.deepEqual([code, /there is no broker user for account/.test(err)], [1, true])
})

for (const [what, words, says] of [
  ['which role', ['--as', 'ann'], /--break-glass needs --role ARN/],
  ['for whom', ['--role', adminArn], /say for whom it is/],
  ['a running server', ['--role', adminArn, '--as', 'ann'], /no server serves/],
] as const) {
  test(`the command needs ${what}`, async () => {
    const { code, err } = await invoke(['console', '--break-glass', ...words, '--data', newPath()])
    assert.notEqual(code, 0)
    assert.match(err, says)
  })
}
