import { deepEqual, equal, ok } from 'node:assert/strict'
import type { AddressInfo } from 'node:net'
import { createServer } from 'node:net'
import { describe, test } from 'node:test'
import type { BackendTrouble } from '../../service/contracts/backends.ts'
import { answerText, brokenBodies, garbledHeads, json, type RawScript } from './testing/hostile-backend.ts'
import { failureOf, getItem, raw, textOf, tried, until } from './testing/kit.ts'

/** Short, for those that wait for them: the real timers are the subject. */
const brief = { headMs: 60, idleMs: 30, bodyMs: 120, sweepMs: 5 }

const atOnce = (why: BackendTrouble) => `answered ${why}`
const later = (why: BackendTrouble) => `answered 200,broken ${why}`

async function fails(script: RawScript, why: BackendTrouble, counted: readonly string[], times = 3) {
  const server = await raw(script)
  const { backend, events } = tried(server.url, {}, why === 'slow' ? brief : {})
  for (let i = 0; i < times; i++) {
    events.length = 0
    const failure = await failureOf(backend.send(getItem()))
    deepEqual([failure.why, failure.sent], [why, true], failure.message)
    equal(backend.state().failing, true)
    equal(backend.state().lastFailure?.why, why)
    ok(counted.includes(events.join()), events.join())
  }
  // Its connection is never used again, and none is left.
  await until(() => server.connections().open === 0 && backend.state().connections === 0)
  equal(server.connections().made, times)
  ok(!server.requests.some((request) => request.startsWith('GET')))
}

describe('an answer whose head must not be believed is a failure, and its connection is closed', () => {
  for (const [what, script] of Object.entries(garbledHeads))
    test(what, () => fails(script, 'garbled', [atOnce('garbled')]))
})

describe('an answer that breaks is a failure, and its connection is closed', () => {
  for (const [what, script] of Object.entries(brokenBodies)) {
    test(what, () => fails(script, 'garbled', [atOnce('garbled'), later('garbled')]))
  }
  test('its body has an error, even if nobody reads it before', async () => {
    const server = await raw(brokenBodies['it dies mid-answer'] as RawScript)
    const { backend, events } = tried(server.url)
    const answer = await backend.send(getItem())
    await until(() => events.includes('broken garbled'))
    equal((await failureOf(Promise.resolve(answer))).why, 'garbled')
  })
})

describe('a slow backend', () => {
  const trickle =
    (head: string, drop: string): RawScript =>
    (socket) => {
      socket.write(head)
      const timer = setInterval(() => socket.write(drop), 5)
      socket.on('close', () => clearInterval(timer))
    }
  test('sends nothing', () => fails(() => {}, 'slow', [atOnce('slow')], 1))
  test('sends half a head', () =>
    fails((socket) => void socket.write('HTTP/1.1 200 OK\r\nContent-'), 'slow', [atOnce('slow')], 1))
  test('sends its head byte by byte', () =>
    fails(trickle('HTTP/1.1 200 OK\r\nX-A: ', 'a'), 'slow', [atOnce('slow')], 1))
  test('sends nothing after the head', () =>
    fails(
      (socket) => void socket.write(answerText('200 OK', [json, 'Content-Length: 9'], '')),
      'slow',
      [later('slow')],
      1,
    ))
  test('sends its body byte by byte', () =>
    fails(trickle(answerText('200 OK', [json, 'Content-Length: 9999'], ''), ' '), 'slow', [later('slow')], 1))

  test('is not who waits for its reader', async () => {
    const body = 'x'.repeat(8_000_000)
    const server = await raw(
      (socket) => void socket.write(answerText('200 OK', [json, `Content-Length: ${body.length}`], body)),
    )
    const { backend, events } = tried(server.url, {}, { ...brief, bodyMs: 60_000 })
    const answer = await backend.send(getItem())
    await new Promise((resolve) => setTimeout(resolve, brief.idleMs * 4))
    equal(await textOf(answer), body)
    deepEqual(events, ['answered 200'])
  })

  test('is let go of by a reader that never reads, in the end', async () => {
    const server = await raw((socket) => void socket.write(answerText('200 OK', [json, 'Content-Length: 2'], '{}')))
    const { backend, events } = tried(server.url, { connections: 1 }, brief)
    await backend.send(getItem())
    await until(() => events.includes('broken aborted'))
    equal(backend.state().failing, false)
    await textOf(await backend.send(getItem()))
  })
})

describe('a backend that is away', () => {
  const free = async () => {
    const server = createServer()
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const { port } = server.address() as AddressInfo
    await new Promise((resolve) => server.close(resolve))
    return port
  }
  test('does not listen', async () => {
    const failure = await failureOf(tried(`http://127.0.0.1:${await free()}`).backend.send(getItem()))
    deepEqual([failure.why, failure.sent], ['away', false])
  })
  test('does not listen on any of its addresses', async () => {
    const failure = await failureOf(tried(`http://localhost:${await free()}`).backend.send(getItem()))
    deepEqual([failure.why, failure.sent, failure.message], ['away', false, 'nobody listens there (ECONNREFUSED)'])
  })
  test('has no address', async () => {
    const failure = await failureOf(tried('http://nobody.invalid:1').backend.send(getItem()))
    deepEqual([failure.why, failure.sent], ['away', false])
  })
  test('accepts connections over TLS and says nothing', async () => {
    const server = createServer(() => {})
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const { port } = server.address() as AddressInfo
    const failure = await failureOf(
      tried(`https://127.0.0.1:${port}`, {}, { connectMs: 60, sweepMs: 5 }).backend.send(getItem()),
    )
    deepEqual([failure.why, failure.sent], ['away', false])
    server.close()
  })
  test('comes back', async () => {
    let up = false
    const server = await raw((socket) =>
      up ? void socket.write(answerText('200 OK', [json, 'Content-Length: 2'], '{}')) : socket.destroy(),
    )
    const { backend } = tried(server.url)
    equal((await failureOf(backend.send(getItem()))).why, 'away')
    equal(backend.state().failing, true)
    up = true
    await textOf(await backend.send(getItem()))
    const { failing, lastFailure } = backend.state()
    deepEqual([failing, lastFailure?.why], [false, 'away'])
  })
})

test('a few interim answers are let by', async () => {
  const interim = 'HTTP/1.1 102 Processing\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </>\r\n\r\n'
  const server = await raw(
    (socket) => void socket.write(`${interim}${answerText('200 OK', [json, 'Content-Length: 2'], '{}')}`),
  )
  const { backend } = tried(server.url)
  for (let i = 0; i < 3; i++) equal(await textOf(await backend.send(getItem())), '{}')
  equal(server.connections().made, 1)
})

test('hundreds of failures of all kinds leave no connection and no slot', async () => {
  const scripts = [...Object.values(garbledHeads), ...Object.values(brokenBodies)]
  let at = 0
  const server = await raw((socket, nth) => (scripts[at++ % scripts.length] as RawScript)(socket, nth))
  const { backend } = tried(server.url, { connections: 8 })
  const ask = async (i: number) => {
    const gone = new AbortController()
    if (i % 5 === 0) setImmediate(() => gone.abort())
    return failureOf(backend.send(getItem({ signal: gone.signal, reads: i % 2 === 0 })))
  }
  for (let round = 0; round < 10; round++) await Promise.all(Array.from({ length: 30 }, (_, i) => ask(i)))
  await until(() => server.connections().open === 0 && backend.state().connections === 0)
  const { connections, idle, waiting } = backend.state()
  deepEqual({ connections, idle, waiting }, { connections: 0, idle: 0, waiting: 0 })
  scripts.splice(
    0,
    scripts.length,
    (socket) => void socket.write(answerText('200 OK', [json, 'Content-Length: 2'], '{}')),
  )
  const texts = await Promise.all(Array.from({ length: 40 }, async () => textOf(await backend.send(getItem()))))
  deepEqual(new Set(texts), new Set(['{}']))
})
