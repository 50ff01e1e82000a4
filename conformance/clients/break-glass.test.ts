// The operator's way into the console when the company's directory does not answer: by the admin socket alone, and recorded.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { UpdateAssumeRolePolicyCommand } from '@aws-sdk/client-iam'
import { type BreakGlassInput, breakGlass } from '../../src/app/operator/break-glass.ts'
import { invoke, newPath } from '../../src/cli/testing/world.ts'
import { browser } from '../../src/server/pages/testing/browser.ts'
import { adminArn, brokerAndRoles, company, readerArn } from './company.ts'
import { publicUrl, toServer } from './console-tools.ts'
import { textsOf } from './journals.ts'
import { trusts } from './people.ts'
import { testServer } from './server.ts'

const corp = await company()
const server = await testServer({ settings: { 'public-url': publicUrl } })
const root = server.as(server.root)
await brokerAndRoles(root)
await corp.apply(server)
const { engine } = server

const recordsOf = async (name: string) =>
  (await textsOf(engine.store, 'audit')).filter((text) => text.includes(`"eventName":"${name}"`))
const hallpass = (data: string, ...words: string[]) => invoke(['console', '--break-glass', ...words, '--data', data])
const open = (role: string, as = 'ann') => hallpass(server.data, '--role', role, '--as', as)

test('with the directory down, a link opens the console in the role once, and the record says for whom', async () => {
  await corp.directory.kill()
  const { code, out, err } = await open(adminArn)
  assert.equal(code, 0, err)
  const person = browser(toServer(server))
  const home = (await person.open(out)).text
  assert.match(home, /assumed-role\/Admin\/break-glass-ann/)
  assert.match(home, /<dt>Authenticated by<\/dt><dd>The server’s operator \(break-glass\)<\/dd>/)
  assert.doesNotMatch((await browser(toServer(server)).open(out)).text, /assumed-role/)
  const [record = ''] = await recordsOf('BreakGlass')
  assert(record.includes(`"role":"${adminArn}","as":"ann"`), record)
  assert(record.includes(`"recipientAccountId":"${server.account}"`), record)
  assert.deepEqual(server.reported, [`break-glass: an operator opens a console as ${adminArn}, for ann`])
  const [assumed = ''] = await recordsOf('AssumeRole')
  assert.match(assumed, /"roleSessionName":"break-glass-ann","sourceIdentity":"break-glass-ann"/)
  await corp.directory.restart()
})

test('it is recorded before the role is asked for, and what the trust policy refuses is refused, with the request to ask about', async () => {
  const PolicyDocument = trusts(`arn:aws:iam::${server.account}:root`, 'sts:TagSession')
  await root.iam.send(new UpdateAssumeRolePolicyCommand({ RoleName: 'Reader', PolicyDocument }))
  const { code, out, err } = await open(readerArn, 'ben')
  assert.deepEqual([code, out], [1, ''])
  assert.match(err, /AccessDenied: .*hallpass why [0-9a-f-]{36}/)
  assert.equal((await recordsOf('BreakGlass')).filter((text) => text.includes('"as":"ben"')).length, 1)
})

for (const [what, input, says] of [
  ['no role', { as: 'ann' }, /give the ARN of a role/],
  ['a user', { role: `arn:aws:iam::${server.account}:user/ann`, as: 'ann' }, /give the ARN of a role/],
  ['nobody', { role: adminArn }, /give a name of 1 to 40/],
  ['a name that a session cannot have', { role: adminArn, as: 'a b' }, /give a name of 1 to 40/],
  ['a name that is too long', { role: adminArn, as: 'a'.repeat(41) }, /give a name of 1 to 40/],
] as const satisfies readonly (readonly [string, Partial<BreakGlassInput>, RegExp])[]) {
  test(`for ${what} nothing is asked for`, async () => {
    const assume = () => assert.fail('asked for')
    const parts = { engine, assume, servesConsole: () => true, report: () => {} }
    await assert.rejects(breakGlass(parts, input, new AbortController().signal), says)
  })
}

test('without a broker user nobody can assume a role', async () => {
  const alone = await testServer({ settings: { 'public-url': publicUrl } })
  const { code, err } = await hallpass(alone.data, '--role', adminArn, '--as', 'ann')
  assert.deepEqual([code, /there is no broker user for account/.test(err)], [1, true])
})

for (const [what, words, says] of [
  ['which role', ['--as', 'ann'], /--break-glass needs --role ARN/],
  ['for whom', ['--role', adminArn], /say for whom it is/],
  ['a running server', ['--role', adminArn, '--as', 'ann'], /no server serves/],
] as const) {
  test(`the command needs ${what}`, async () => {
    const { code, err } = await hallpass(newPath(), ...words)
    assert.notEqual(code, 0)
    assert.match(err, says)
  })
}
