import { deepEqual, equal, match } from 'node:assert/strict'
import { describe, test } from 'node:test'
import { Secret } from '../../core/secret.ts'
import { authority, certificate, keyText } from '../../federation/testing/idp.ts'
import type { BackendAccess } from './backend-settings.ts'
import { credentials, failureOf, getItem, textOf, tried, until, verifying } from './testing/kit.ts'
import type { VerifyingBackend } from './testing/verifying-backend.ts'

const tls = (name: string) => ({ cert: certificate(name), key: keyText(name) })
const trusting: BackendAccess = { credentials, ca: authority }

/** The failure of a read; no byte of it has arrived there. */
async function refusedBy(server: VerifyingBackend, access: BackendAccess, url = server.url) {
  const failure = await failureOf(tried(url, { access }).backend.send(getItem({ reads: true })))
  deepEqual([server.seen.length, server.refused.length], [0, 0])
  return failure
}

describe('TLS to a backend', () => {
  test('is verified against the backend’s own authority', async () => {
    const server = await verifying({ tls: tls('server') })
    const { backend } = tried(server.url, { access: trusting })
    for (let i = 0; i < 3; i++) {
      equal(await textOf(await backend.send(getItem())), '{}')
      await until(() => backend.state().idle === 1)
    }
    deepEqual(server.refused, [])
    equal(server.connections().made, 1)
  })

  test('is verified again on each connection', async () => {
    const server = await verifying({ tls: tls('server') })
    const { backend } = tried(server.url, { access: trusting })
    server.answer = () => ({ body: '{}', headers: { connection: 'close' } })
    for (let i = 0; i < 3; i++) {
      equal(await textOf(await backend.send(getItem())), '{}')
      await until(() => backend.state().connections === 0)
    }
    equal(server.connections().made, 3)
  })

  for (const name of ['misnamed', 'expired', 'selfsigned', 'forged']) {
    test(`is refused for a certificate that is ${name}, and nothing is sent`, async () => {
      const { why, sent } = await refusedBy(await verifying({ tls: tls(name) }), trusting)
      deepEqual([why, sent], ['untrusted', false])
    })
  }

  test('is refused without the authority: the public ones do not count for it', async () => {
    const { why } = await refusedBy(await verifying({ tls: tls('server') }), { credentials })
    equal(why, 'untrusted')
  })

  test('is refused whatever the environment says', async () => {
    const before = process.env.NODE_TLS_REJECT_UNAUTHORIZED
    process.env.NODE_TLS_REJECT_UNAUTHORIZED = '0'
    try {
      const { why } = await refusedBy(await verifying({ tls: tls('selfsigned') }), trusting)
      equal(why, 'untrusted')
    } finally {
      if (before === undefined) delete process.env.NODE_TLS_REJECT_UNAUTHORIZED
      else process.env.NODE_TLS_REJECT_UNAUTHORIZED = before
    }
  })

  test('is of version 1.2 at the least', async () => {
    const old = { minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT@SECLEVEL=0' } as const
    const { why, sent } = await refusedBy(await verifying({ tls: { ...tls('server'), ...old } }), trusting)
    deepEqual([why, sent], ['untrusted', false])
  })

  test('is refused by a server that speaks none', async () => {
    const server = await verifying()
    const { why, sent } = await refusedBy(server, trusting, server.url.replace('http:', 'https:'))
    deepEqual([why, sent], ['untrusted', false])
  })

  test('shows our own certificate where one is configured', async () => {
    const asking = { ...tls('server'), ca: authority, requestCert: true, rejectUnauthorized: true }
    const server = await verifying({ tls: asking })
    const own = { certificate: certificate('server'), key: new Secret(keyText('server')) }
    equal(await textOf(await tried(server.url, { access: { ...trusting, ...own } }).backend.send(getItem())), '{}')
    deepEqual(server.refused, [])
    const without = await refusedBy({ ...server, seen: [] }, trusting)
    equal(without.why, 'untrusted')
    match(without.message, /certificate/)
  })

  test('costs a read nothing when a kept connection turns out to be closed', async () => {
    const server = await verifying({ tls: tls('server') })
    const { backend, events } = tried(server.url, { access: trusting })
    equal(await textOf(await backend.send(getItem({ reads: true }))), '{}')
    await until(() => backend.state().idle === 1)
    server.cut()
    equal(await textOf(await backend.send(getItem({ reads: true }))), '{}')
    deepEqual(events, ['answered 200', 'repeated', 'answered 200'])
  })

  test('uses renewed certificates and credentials from then on', async () => {
    const server = await verifying({ tls: tls('server'), keys: { AKIANEW: 'new', AKIABACKEND: 'old' } })
    const old = { accessKeyId: 'AKIABACKEND', secret: new Secret('old') }
    const { backend } = tried(server.url, { access: { credentials: old, ca: authority } })
    await textOf(await backend.send(getItem()))
    backend.renew({ credentials: { accessKeyId: 'AKIANEW', secret: new Secret('new') }, ca: authority })
    await textOf(await backend.send(getItem()))
    deepEqual(
      server.seen.map(({ accessKeyId }) => accessKeyId),
      ['AKIABACKEND', 'AKIANEW'],
    )
    backend.renew({ credentials: old })
    equal((await failureOf(backend.send(getItem()))).why, 'untrusted')
  })
})
