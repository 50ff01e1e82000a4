// The store fails at each call of a sign-in and of what follows: nothing is given without its record, nothing stays half-done, and
// whoever tries again gets through.
import { deepEqual, equal, notEqual, ok } from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { Browser, Shown } from '../../src/server/pages/testing/browser.ts'
import { consoleSessions, keptResponses } from '../../src/service/console/records.ts'
import { consoleUrl, publicUrl, sessionText } from './console-tools.ts'
import { textsOf } from './journals.ts'
import { failingEach } from './misfortune.ts'
import { allow, keysOf, role, trusts } from './people.ts'
import { leads } from './saml-messages.ts'
import { assumeWithSaml, pairOf, trustingSaml } from './saml-servers.ts'
import {
  admin,
  all,
  made,
  mine,
  one,
  post,
  reader,
  server,
  sessionOf,
  signIn,
  store,
  visitor,
} from './saml-sign-in-kit.ts'

const sessions = async () =>
  (await store.list(consoleSessions, 'key', { prefix: [server.account], limit: 1000 })).items.length
const kept = async () =>
  (await store.list(keptResponses, 'key', { prefix: [server.account], limit: 1000 })).items.length
const events = async (name: string) =>
  (await textsOf(server.engine.store, 'audit')).filter((text) => text.includes(`"eventName":"${name}"`)).length

/** Does it with each of its store calls failing. Answers how many did. */
const everyCall = <T>(
  prepare: () => Promise<T>,
  work: (prepared: T) => Promise<Shown>,
  check: (shown: Shown, prepared: T, failAt: number) => Promise<void>,
): Promise<number> =>
  failingEach(store, prepare, work, async (shown, failed, prepared) => {
    const statuses = [200, 302, 303, failed === 0 ? 303 : 503]
    ok(statuses.includes(shown.status), `call ${failed}: ${shown.status} ${shown.text}`)
    await check(shown, prepared, failed)
  })

const consoleOf = async (person: Browser) => (await person.ask(consoleUrl)).status

const mover = await role(admin, 'Mover', trustingSaml(mine.arn), { permissions: allow('sts:AssumeRole') })
await role(admin, 'Onward', trusts(mover))

describe('the Nth store call fails', () => {
  test('while a response is posted: what is kept is kept whole, and the same response may be posted again', async () => {
    const failed = await everyCall(
      async () => ({ person: visitor(), response: one(), before: await kept() }),
      ({ person, response }) => post(person, response),
      async (shown, { person, response, before }) => {
        if (shown.status !== 303) equal(await kept(), before)
        const again = shown.status === 303 ? shown : await post(person, response)
        equal((await person.open(leads(again))).url, consoleUrl)
      },
    )
    ok(failed > 1)
  })

  for (const [what, response] of [
    ['straight through', () => one()],
    ['to the chooser', () => made(all)],
  ] as const) {
    test(`while the handle is followed, ${what}: the same browser may load it again`, async () => {
      const failed = await everyCall(
        async () => {
          const person = visitor()
          return { person, url: leads(await post(person, response())), before: await sessions() }
        },
        ({ person, url }) => person.ask(url),
        async (shown, { person, url, before }, failAt) => {
          const signedIn = sessionOf(person) !== undefined
          equal(signedIn, shown.status === 303)
          equal((await sessions()) - before, signedIn ? 1 : 0, `call ${failAt}`)
          if (signedIn) return equal(await consoleOf(person), 200)
          const again = await person.open(url)
          equal(again.status, 200, `call ${failAt}: ${again.text}`)
        },
      )
      ok(failed > 3)
    })
  }

  test('while a role is chosen: a session with its record, or none', async () => {
    const failed = await everyCall(
      async () => {
        const person = visitor()
        return {
          person,
          page: await signIn(person, made(all)),
          before: await sessions(),
          logins: await events('ConsoleLogin'),
        }
      },
      ({ person, page }) => person.send(page, { roleIndex: reader }),
      async (shown, { person, page, before, logins }, failAt) => {
        const signedIn = sessionOf(person) !== undefined
        equal(signedIn, shown.status === 303)
        deepEqual([(await sessions()) - before, (await events('ConsoleLogin')) - logins], signedIn ? [1, 1] : [0, 0])
        if (signedIn) return equal(await consoleOf(person), 200)
        equal((await person.send(page, { roleIndex: reader })).status, 303, `call ${failAt}`)
      },
    )
    ok(failed > 3)
  })

  test('while credentials are shown: in the audit first', async () => {
    await everyCall(
      async () => {
        const person = visitor()
        await signIn(person, one())
        return { person, page: await person.open(`${consoleUrl}/credentials`), before: await events('ShowCredentials') }
      },
      ({ person, page }) => person.send(page, { for: 'bash' }, '/credentials'),
      async (shown, { before }) => {
        if (/AWS_SECRET_ACCESS_KEY/.test(shown.text)) equal((await events('ShowCredentials')) - before, 1)
        else equal(shown.status, 503)
      },
    )
  })

  test('while somebody signs out: the cookie goes with the session, and not before it', async () => {
    const failed = await everyCall(
      async () => {
        const person = visitor()
        return { person, home: await signIn(person, one()), before: await events('Logout') }
      },
      ({ person, home }) => person.send(home, {}, '/sign-out'),
      async (shown, { person, home, before }, failAt) => {
        const isOver = shown.status !== 503
        equal(sessionOf(person) === undefined, isOver, `call ${failAt}`)
        equal((await events('Logout')) - before, isOver ? 1 : 0)
        equal(await consoleOf(person), isOver ? 401 : 200)
        if (!isOver) notEqual((await person.send(home, {}, '/sign-out')).status, 503)
      },
    )
    ok(failed > 3)
  })

  for (const [what, place, path, fields, event] of [
    ['a role is switched to', '/switch', '/switch', { roleName: 'Onward' }, 'SwitchRole'],
    ['somebody switches back', '', '/switch/back', {}, 'ExitRole'],
  ] as const) {
    test(`while ${what}: with its record, or not at all`, async () => {
      const failed = await everyCall(
        async () => {
          const person = visitor()
          await signIn(person, made([pairOf(mover, mine.arn)]))
          if (event === 'ExitRole')
            await person.submit(await person.open(`${consoleUrl}/switch`), { roleName: 'Onward' }, '/switch')
          return { person, page: await person.open(consoleUrl + place), before: await events(event) }
        },
        ({ person, page }) => person.send(page, fields, path),
        async (shown, { person, before }, failAt) => {
          const isDone = shown.status === 303
          equal((await events(event)) - before, isDone ? 1 : 0, `call ${failAt}`)
          const { text } = await person.ask(consoleUrl)
          equal(/as <b>Onward<\/b>/.test(text), isDone === (event === 'SwitchRole'), `call ${failAt}`)
          if (!isDone) equal((await person.send(await person.open(consoleUrl + place), fields, path)).status, 303)
        },
      )
      ok(failed > 3)
    })
  }

  test('while a link of the federation endpoint is followed: the token is used with the session, or not at all', async () => {
    const failed = await everyCall(
      async () => {
        const { Credentials: of } = await assumeWithSaml(server, mover, mine.arn, made([pairOf(mover, mine.arn)]))
        const asked = new URLSearchParams({ Action: 'getSigninToken', Session: sessionText(keysOf(of)) })
        const person = visitor()
        const { text } = await person.ask(`${publicUrl}/federation?${asked}`)
        const { SigninToken } = JSON.parse(text) as { SigninToken: string }
        const link = `${publicUrl}/federation?${new URLSearchParams({ Action: 'login', SigninToken })}`
        return { person, link, before: await sessions() }
      },
      ({ person, link }) => person.ask(link),
      async (shown, { person, link, before }, failAt) => {
        const isDone = shown.status === 302
        equal(sessionOf(person) !== undefined, isDone, `call ${failAt}`)
        equal((await sessions()) - before, isDone ? 1 : 0)
        equal((await person.open(isDone ? consoleUrl : link)).status, 200, `call ${failAt}`)
      },
    )
    ok(failed > 3)
  })
})
