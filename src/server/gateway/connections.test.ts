import { deepEqual, equal } from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { once } from 'node:events'
import type { Socket } from 'node:net'
import { describe, test } from 'node:test'
import { promisify } from 'node:util'
import type { BackendFailure } from '../../service/backend-failure.ts'
import { good } from './testing/hostile-backend.ts'
import { failureOf, getItem, raw, textOf, tried, until, verifying } from './testing/kit.ts'

describe('connections to a backend', () => {
  test('are kept between requests', async () => {
    const server = await verifying()
    const { backend } = tried(server.url)
    const warnings: Error[] = []
    process.on('warning', (warning) => warnings.push(warning))
    for (let i = 0; i < 20; i++) {
      await textOf(await backend.send(getItem()))
      await until(() => backend.state().idle === 1)
    }
    deepEqual(server.connections(), { made: 1, open: 1 })
    // Such as that of a connection that gathers listeners.
    deepEqual(warnings, [])
    backend.close()
    await until(() => server.connections().open === 0)
  })

  test('are bounded, and so are the requests that wait for one, which go in their order', async () => {
    const server = await verifying()
    const { backend } = tried(server.url, { connections: 2 })
    const waiting: (() => void)[] = []
    server.answer = ({ body }) => new Promise((resolve) => void waiting.push(() => resolve({ body })))
    const order: string[] = []
    const asked = Array.from({ length: 10 }, async (_, i) => {
      order.push(await textOf(await backend.send(getItem({ body: String(i) }))))
    })
    const surplus = await failureOf(backend.send(getItem()))
    equal(surplus.why, 'full')
    equal(surplus.sent, false)
    await until(() => waiting.length === 2)
    equal(backend.state().waiting, 8)
    let answered = 0
    while (answered < 10) {
      await until(() => waiting.length > 0)
      waiting.shift()?.()
      await until(() => order.length > answered)
      answered++
    }
    await Promise.all(asked)
    deepEqual(order, [...Array(10).keys()].map(String))
    equal(server.connections().made, 2)
    equal(backend.state().waiting, 0)
  })

  test('are given up by a request that has waited too long', async () => {
    const server = await verifying()
    const { backend } = tried(server.url, { connections: 1 }, { headMs: 30, sweepMs: 5 })
    server.answer = () => new Promise(() => {})
    const [first, second] = await Promise.all([failureOf(backend.send(getItem())), failureOf(backend.send(getItem()))])
    deepEqual([first.why, second.why].sort(), ['full', 'slow'])
  })

  test('go to whoever waits, from a reader that takes its time', async () => {
    const server = await verifying()
    const { backend, events } = tried(server.url, { connections: 1 }, { dawdleMs: 20, sweepMs: 5 })
    const long = 'x'.repeat(4_000_000)
    server.answer = ({ body }) => ({ body: body === 'long' ? long : '{}' })
    const { body } = await backend.send(getItem({ body: 'long' }))
    await until(() => body.readableLength > 0)
    const failure = once(body, 'error')
    equal(await textOf(await backend.send(getItem())), '{}')
    const [error] = await failure
    equal((error as BackendFailure).why, 'aborted')
    // It is no failure of the backend's.
    equal(backend.state().failing, false)
    deepEqual(events, ['answered 200', 'broken aborted', 'answered 200'])
  })

  test('stay with a reader that takes its time while nobody waits', async () => {
    const server = await verifying()
    const { backend } = tried(server.url, { connections: 1 }, { dawdleMs: 10, sweepMs: 5 })
    const long = 'x'.repeat(4_000_000)
    server.answer = () => ({ body: long })
    const answer = await backend.send(getItem())
    await until(() => answer.body.readableLength > 0)
    await new Promise((resolve) => setTimeout(resolve, 60))
    equal((await textOf(answer)).length, long.length)
  })

  test('are free again when a caller goes away while it waits', async () => {
    const server = await verifying()
    const { backend } = tried(server.url, { connections: 1 })
    const held = Promise.withResolvers<{ body: string }>()
    server.answer = () => held.promise
    const first = backend.send(getItem())
    const gone = new AbortController()
    const second = failureOf(backend.send(getItem({ signal: gone.signal })))
    await until(() => server.seen.length === 1)
    gone.abort()
    equal((await second).why, 'aborted')
    equal((await second).sent, false)
    held.resolve({ body: '{}' })
    await textOf(await first)
    server.answer = () => ({ body: '{}' })
    await textOf(await backend.send(getItem()))
    equal(server.seen.length, 2)
  })

  test('end when the caller goes away, before the answer and in the middle of it', async () => {
    let answered = false
    const server = await raw((socket) => {
      if (answered) socket.write('HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{')
    })
    const { backend } = tried(server.url)
    const early = new AbortController()
    const asked = failureOf(backend.send(getItem({ signal: early.signal })))
    await until(() => server.requests.length === 1)
    early.abort()
    deepEqual([(await asked).why, (await asked).sent], ['aborted', true])
    await until(() => server.connections().open === 0)

    answered = true
    const late = new AbortController()
    const answer = await backend.send(getItem({ signal: late.signal }))
    const read = failureOf(Promise.resolve(answer))
    late.abort()
    equal((await read).why, 'aborted')
    await until(() => server.connections().open === 0)
    deepEqual(backend.state().failing, false)
  })

  test('end when an answer is not wanted any more, which is no failure of the backend', async () => {
    const server = await raw((socket) => void socket.write('HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{'))
    const { backend, events } = tried(server.url, { connections: 1 })
    for (let i = 0; i < 3; i++) {
      const { body } = await backend.send(getItem())
      body.destroy()
    }
    await until(() => server.connections().open === 0 && backend.state().connections === 0)
    deepEqual(events, ['answered 200', 'answered 200', 'answered 200'])
  })

  test('are free again when callers go away at once, before there is a connection', async () => {
    const server = await verifying()
    const { backend } = tried(server.url, { connections: 1 })
    for (let i = 0; i < 20; i++) {
      const gone = new AbortController()
      const asked = failureOf(backend.send(getItem({ signal: gone.signal })))
      gone.abort()
      const { why, sent } = await asked
      deepEqual([why, sent], ['aborted', false])
    }
    equal(await textOf(await backend.send(getItem())), '{}')
    equal(server.seen.length, 1)
  })

  test('are not begun for a caller that has gone already', async () => {
    const server = await verifying()
    const failure = await failureOf(tried(server.url).backend.send(getItem({ signal: AbortSignal.abort() })))
    equal(failure.why, 'aborted')
    deepEqual(server.connections(), { made: 0, open: 0 })
  })
})

describe('a kept connection that turns out to be closed', () => {
  // The second request of a connection is met by its end, as if the two crossed.
  const crossing = () =>
    raw((socket, nth) => {
      if (nth === 0) socket.write(good)
      else socket.resetAndDestroy()
    })

  test('costs a read nothing', async () => {
    const server = await crossing()
    const { backend, events } = tried(server.url)
    for (let i = 0; i < 3; i++) {
      equal(await textOf(await backend.send(getItem({ reads: true }))), '{}')
      await until(() => backend.state().idle === 1)
    }
    deepEqual(events, ['answered 200', 'repeated', 'answered 200', 'repeated', 'answered 200'])
    equal(server.requests.length, 5)
  })

  test('fails a write, which may have happened', async () => {
    const server = await crossing()
    const { backend } = tried(server.url)
    await textOf(await backend.send(getItem()))
    await until(() => backend.state().idle === 1)
    const failure = await failureOf(backend.send(getItem()))
    deepEqual([failure.why, failure.sent], ['away', true])
    equal(server.requests.length, 2)
  })

  test('is tried again once, not for ever', async () => {
    let made = 0
    const server = await raw((socket) => {
      if (made++ === 0) socket.write(good)
      else socket.resetAndDestroy()
    })
    const { backend } = tried(server.url)
    await textOf(await backend.send(getItem({ reads: true })))
    await until(() => backend.state().idle === 1)
    equal((await failureOf(backend.send(getItem({ reads: true })))).why, 'away')
    equal(server.requests.length, 3)
  })

  test('a new connection is not tried again', async () => {
    const server = await raw((socket) => void socket.resetAndDestroy())
    equal((await failureOf(tried(server.url).backend.send(getItem({ reads: true })))).why, 'away')
    equal(server.requests.length, 1)
  })

  test('is seen when the end comes first, and when bytes come that nobody asked for', async () => {
    for (const after of ['end', 'HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\n{"a":12}']) {
      let last: Socket | undefined
      const server = await raw((socket) => {
        last = socket
        socket.write(good)
      })
      const { backend, events } = tried(server.url)
      for (let i = 0; i < 3; i++) {
        equal(await textOf(await backend.send(getItem())), '{}')
        if (after === 'end') last?.end()
        else last?.write(after)
        await until(() => server.connections().open === 0)
        await until(() => backend.state().connections === 0)
      }
      deepEqual(events, ['answered 200', 'answered 200', 'answered 200'])
    }
  })
})

test('a proxy of the environment sees nothing', async () => {
  const server = await verifying({ keys: 'none' })
  const proxy = await raw((socket) => socket.destroy())
  const script = `
    const { createBackend } = await import('./src/server/gateway/create-backend.ts')
    const { settingsOf, getItem, textOf } = await import('./src/server/gateway/testing/kit.ts')
    const settings = settingsOf('${server.url}', { access: { credentials: undefined } })
    const backend = createBackend(settings, { clock: () => new Date(), events: () => undefined })
    console.log(await textOf(await backend.send(getItem())))
    backend.close()`
  const proxied = {
    NODE_USE_ENV_PROXY: '1',
    HTTP_PROXY: proxy.url,
    HTTPS_PROXY: proxy.url,
    http_proxy: proxy.url,
    NO_PROXY: '',
  }
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', script], {
    env: { PATH: process.env.PATH, ...proxied },
  })
  equal(stdout.trim().split('\n')[0], '{}')
  deepEqual([proxy.connections().made, server.seen.length], [0, 1])
})
