// Signing in at a provider on two nodes of one store: one answer of the provider counts, at whichever node.
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { browser } from '../../src/server/pages/testing/browser.ts'
import { publicUrl, toServer } from './console-tools.ts'
import { begin, callbackUrl, leads, one as provider, table } from './oidc-connector-kit.ts'
import { testServer } from './server.ts'

const clock = { now: new Date('2026-09-01T12:00:05.500Z') }
const settings = { 'public-url': publicUrl }
const people = { table: async () => table.current }
const one = await testServer({ file: 'shared.sqlite', clock, node: 'one', settings, people })
const two = await testServer({
  ...{ file: join(one.data, 'shared.sqlite'), clock, node: 'two', people },
  settings: { ...settings, 'master-key-file': join(one.data, 'master.key') },
})

test('of two codes for one state, at two nodes at once, one signs in', async () => {
  const person = browser(toServer(one))
  const begun = await begin(person, 'one')
  const cookie = `__Host-hallpass-people=${person.jar.value(publicUrl, '__Host-hallpass-people')}`
  const answers = await Promise.all(
    [one, two, one, two].map((node) =>
      browser(toServer(node)).ask(provider.authorize(begun).href, { headers: { cookie } }),
    ),
  )
  assert.deepEqual(answers.map(({ status }) => status).sort(), [303, 400, 400, 400])
  const [{ url = '' } = {}] = answers
  assert.ok(url.startsWith(callbackUrl('one')))
  assert.equal((await two.engine.people.signIns.list(clock.now)).length, 1)
})

test('what one node began ends on the other', async () => {
  const begun = browser(toServer(one))
  const location = await begin(begun, 'one')
  const cookie = `__Host-hallpass-people=${begun.jar.value(publicUrl, '__Host-hallpass-people')}`
  const back = await browser(toServer(two)).ask(provider.authorize(location).href, { headers: { cookie } })
  assert.equal(leads(back), `${publicUrl}/signin/roles`)
})

test('a refresh token that both nodes come to use at once signs nobody out', async () => {
  const person = browser(toServer(one))
  await person.ask(provider.authorize(await begin(person, 'one')).href)
  const [signIn] = (await one.engine.people.signIns.list(clock.now)).slice(-1)
  const id = signIn?.id ?? assert.fail()
  for (let times = 0; times < 3; times++) {
    await one.move(10_000)
    await two.move(0)
    const renewed = await Promise.all([one, two].map(({ engine }) => engine.people.signIns.renew(id, clock.now)))
    for (const one of renewed) assert.ok('signIn' in one, JSON.stringify(one))
  }
})
