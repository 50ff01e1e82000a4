// Addresses in a provider's metadata that are URLs, and that no page's policy or link can name: whose account it is may write any.
import { deepEqual, equal, match } from 'node:assert/strict'
import { describe, test } from 'node:test'
import { consoleUrl } from './console-tools.ts'
import { role } from './people.ts'
import { pairOf, registerSaml, trustingSaml } from './saml-servers.ts'
import { admin, idp, made, samlUrl, server, sessionOf, signIn, store, visitor } from './saml-sign-in-kit.ts'

const redirectsOnly = /<md:SingleSignOnService[^>]*HTTP-Redirect[^>]*\/>/
const at = (service: string, address: string) =>
  idp
    .metadata()
    .replace(redirectsOnly, service === 'SingleSignOnService' ? '' : '$&')
    .replaceAll(new RegExp(`(<md:${service} [^>]*Location=")[^"]*"`, 'g'), `$1${address.replaceAll('&', '&amp;')}"`)

let count = 0
const register = (metadata: string) => registerSaml(admin, `Odd${++count}`, metadata)

for (const address of [
  String.raw`https://idp.example/a?b=\c`,
  'https://idp_1.example/a',
  'https://[2001:db8::1]/a',
  'https://a,b;c.example/a',
]) {
  describe(`at ${address}`, () => {
    test('a sign-in by form begins, or says that it does not; nothing of ours fails', async () => {
      const { uuid } = await register(at('SingleSignOnService', address))
      const shown = await visitor().ask(`${samlUrl}/login/${uuid}`)
      match(shown.headers.get('content-type') ?? '', /^text\/html/)
      if (shown.status === 200) match(shown.text, /<form method="post" action="https:/)
      else deepEqual([shown.status, /Sign-in cannot begin here/.test(shown.text)], [404, true])
      deepEqual(server.reported, [])
    })

    test('a sign-out ends the session and says so, and takes the cookie', async () => {
      const { arn } = await register(at('SingleLogoutService', address))
      const one = await role(admin, `Odd${count}`, trustingSaml(arn))
      const person = visitor()
      const home = await signIn(person, made([pairOf(one, arn)]))
      const left = await person.send(home, {}, '/sign-out')
      equal(left.status, 200)
      match(left.text, /You are signed out/)
      equal(sessionOf(person), undefined)
      equal((await person.ask(consoleUrl)).status, 401)
      deepEqual(server.reported, [])
    })
  })
}

test('a sign-out ends the session though the way to the provider’s cannot be found', async () => {
  const { arn, uuid } = await register(idp.metadata())
  const one = await role(admin, 'Unsealed', trustingSaml(arn))
  const person = visitor()
  const home = await signIn(person, made([pairOf(one, arn)]))
  // What is sealed of the sign-in opens no more.
  store.through(
    (inner) =>
      ({
        ...inner,
        async get(collection, key) {
          const record = await inner.get(collection, key)
          const { saml } = (record ?? {}) as { saml?: object }
          return saml === undefined ? record : { ...(record as object), saml: { ...saml, sealed: 'x' } }
        },
      }) as typeof inner,
  )
  const left = await person.send(home, {}, '/sign-out')
  store.through()
  deepEqual([left.status, uuid.length > 0], [303, true])
  equal((await person.ask(consoleUrl)).status, 401)
})
