// A password goes to a directory over TLS that was verified, and nowhere else (RFC 4513 sections 3 and 6).
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { Secret } from '../../src/core/secret.ts'
import { writeAnswer } from '../../src/dev/directory/messages.ts'
import { certificate, keyText } from '../../src/federation/testing/idp.ts'
import { connector, detailOf, kindOf, now, plainServer, secret, server, tls } from './kit.ts'
import { rawServer } from './raw-server.ts'

const named = (name: string) => ({ cert: certificate(name), key: keyText(name) })
const startTlsOid = '1.3.6.1.4.1.1466.20037'

for (const ldaps of [true, false]) {
  describe(ldaps ? 'LDAPS' : 'StartTLS', () => {
    test('lets in over a connection whose certificate holds', async () => {
      const corp = await server({ ldaps })
      assert.equal(kindOf(await connector([corp], { startTls: !ldaps }).logIn('ann', secret, now)), 'person')
    })

    for (const name of ['misnamed', 'expired', 'selfsigned', 'forged']) {
      test(`sends nothing to a server with another certificate: ${name}`, async () => {
        const corp = await server({ ldaps, tls: named(name) })
        const outcome = await connector([corp], { startTls: !ldaps }).logIn('ann', secret, now)
        assert.equal(kindOf(outcome), 'unavailable')
        assert.deepEqual(
          corp.requests.filter(({ kind }) => kind !== 'extended'),
          [],
        )
      })
    }

    test('trusts the authority that is configured, or the public ones', async () => {
      const corp = await server({ ldaps })
      const directory = connector([corp], { startTls: !ldaps, publicAuthorities: true })
      assert.match(detailOf(await directory.logIn('ann', secret, now)), /CERT|certificate/i)
    })

    test("shows the client's certificate where one is configured", async () => {
      const corp = await server({ ldaps, tls: { ...tls, ca: certificate('ca') } })
      const startTls = !ldaps
      const own = { certificate: certificate('server'), key: new Secret(keyText('server')) }
      assert.equal(kindOf(await connector([corp], { startTls }).logIn('ann', secret, now)), 'unavailable')
      const directory = connector([corp], { startTls, clientCertificate: own })
      assert.equal(kindOf(await directory.logIn('ann', secret, now)), 'person')
    })
  })
}

describe('No environment variable takes the verification away', () => {
  const name = 'NODE_TLS_REJECT_UNAUTHORIZED'
  let value: string | undefined
  before(() => {
    value = process.env[name]
    process.env[name] = '0'
  })
  after(() => {
    if (value === undefined) delete process.env[name]
    else process.env[name] = value
  })
  test('NODE_TLS_REJECT_UNAUTHORIZED=0', async () => {
    const corp = await server({ tls: named('selfsigned') })
    assert.equal(kindOf(await connector([corp]).logIn('ann', secret, now)), 'unavailable')
  })
})

describe('In the clear', () => {
  test('nothing is asked of a server that does not know StartTLS', async () => {
    const corp = await plainServer()
    assert.equal(kindOf(await connector([corp]).logIn('ann', secret, now)), 'unavailable')
    assert.deepEqual(
      corp.requests.map(({ kind }) => kind),
      ['extended'],
    )
  })

  test('nothing is asked without StartTLS, but in development on loopback', async () => {
    const corp = await plainServer()
    assert.equal(kindOf(await connector([corp], { startTls: false }).logIn('ann', secret, now)), 'unavailable')
    assert.deepEqual(corp.requests, [])
    const development = connector([corp], { startTls: false, allowsPlain: true })
    assert.equal(kindOf(await development.logIn('ann', secret, now)), 'person')
  })

  test('StartTLS is not left out where it is configured, in development either', async () => {
    const corp = await plainServer()
    assert.equal(kindOf(await connector([corp], { allowsPlain: true }).logIn('ann', secret, now)), 'unavailable')
  })
})

test('each connection begins with StartTLS, those too that replace others', async () => {
  const corp = await server()
  const directory = connector([corp])
  await directory.logIn('ann', secret, now)
  await corp.kill()
  await corp.restart()
  corp.requests.length = 0
  assert.equal(kindOf(await directory.logIn('ann', secret, now)), 'person')
  const [first] = corp.requests
  assert.ok(first?.kind === 'extended' && first.oid === startTlsOid)
  assert.equal(
    corp.requests.filter(({ kind }) => kind === 'extended').length,
    corp.requests.filter(({ kind }) => kind === 'bind').length,
  )
})

describe('What comes in the clear with the answer to StartTLS is not read as if it had come over TLS', () => {
  const success = (id: number) => writeAnswer({ id, asksPolicy: false }, 'bind', { code: 0 })
  for (const [title, more] of [
    ['a whole answer to the bind that comes next', success(2)],
    ['the beginning of one', success(2).subarray(0, 5)],
    ['one byte', Buffer.from([0x30])],
  ] as const) {
    test(title, async () => {
      const between = await rawServer((request, socket) => {
        if (request.kind === 'extended')
          socket.write(Buffer.concat([writeAnswer(request, 'extended', { code: 0 }), more]))
      })
      const outcome = await connector([between], { deadlineMs: 1000 }).logIn('ann', secret, now)
      assert.match(detailOf(outcome), /more than its answer to StartTLS/)
    })
  }

  test('a handshake that never comes ends at the deadline', async () => {
    const silent = await rawServer((request, socket) => {
      if (request.kind === 'extended') socket.write(writeAnswer(request, 'extended', { code: 0 }))
    })
    const outcome = await connector([silent], { deadlineMs: 300 }).logIn('ann', secret, now)
    assert.match(detailOf(outcome), /no connection in time/)
  })

  test('an answer in pieces is one answer', async () => {
    const pieces = await rawServer((request, socket) => {
      const answer = writeAnswer(request, 'extended', { code: 52 })
      socket.write(answer.subarray(0, 3), () => setImmediate(() => socket.write(answer.subarray(3))))
    })
    assert.match(detailOf(await connector([pieces]).logIn('ann', secret, now)), /StartTLS: unavailable \(52\)/)
  })

  for (const [title, bytes] of [
    ['an answer to something else', success(1)],
    ['no LDAP', Buffer.from('HTTP/1.1 400 Bad Request\r\n\r\n')],
    ['a message that never ends', Buffer.from([0x30, 0x84, 0x7f, 0xff, 0xff, 0xff])],
  ] as const) {
    test(`${title} is no answer to StartTLS`, async () => {
      const odd = await rawServer((_request, socket) => void socket.write(bytes))
      assert.match(
        detailOf(await connector([odd], { deadlineMs: 1000 }).logIn('ann', secret, now)),
        /its answer to StartTLS/,
      )
    })
  }
})
