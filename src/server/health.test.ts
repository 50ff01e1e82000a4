import { strictEqual as equal, deepStrictEqual as same } from 'node:assert/strict'
import { test } from 'node:test'
import type { Exchange, Reply } from './exchange.ts'
import { feedIsConfirmed, type HealthOptions, health, withHealth } from './health.ts'

const start = new Date('2027-01-01')
const make = (checks: HealthOptions['checks'], more: Partial<HealthOptions> = {}) =>
  health({ checks, clock: () => start, ...more })

const ask = (target: string, method = 'GET', host = 'any.name') =>
  ({ message: { method, target, headers: new Map([['host', host]]) } }) as unknown as Exchange

const seen = async (reply: Reply | Promise<Reply> | undefined) => {
  const got = await reply
  return got && [got.status, JSON.parse(String(got.body))]
}

const rows: readonly { rule: string; checks: HealthOptions['checks']; is: readonly unknown[] }[] = [
  { rule: 'nothing to check is ready', checks: {}, is: [200, { ready: true }] },
  { rule: 'all ready', checks: { store: () => undefined, ring: async () => undefined }, is: [200, { ready: true }] },
  {
    rule: 'the first that is not is named',
    checks: { store: () => undefined, ring: () => 'not loaded', feed: () => 'x' },
    is: [503, { ready: false, reason: 'ring: not loaded' }],
  },
  {
    rule: 'a failure says nothing of its cause',
    checks: { store: () => Promise.reject(new Error('password=secret')) },
    is: [503, { ready: false, reason: 'store: unreachable' }],
  },
  {
    rule: 'a failure that is thrown too',
    checks: {
      store: () => {
        throw new Error('secret')
      },
    },
    is: [503, { ready: false, reason: 'store: unreachable' }],
  },
  {
    rule: 'a feed confirmed in time',
    checks: { feed: feedIsConfirmed(() => new Date(start.getTime() - 4999), 5000) },
    is: [200, { ready: true }],
  },
  {
    rule: 'a feed that is not heard',
    checks: { feed: feedIsConfirmed(() => new Date(start.getTime() - 5000), 5000) },
    is: [503, { ready: false, reason: 'feed: changes are not being heard' }],
  },
]
for (const { rule, checks, is } of rows) {
  test(`readyz: ${rule}`, async () => same(await seen(make(checks).answer(ask('/readyz'))), is))
}

test('whoever asks inside is told what /readyz answers', async () => {
  const { unready, stop } = make({ store: () => undefined, feed: () => 'not heard' })
  equal(await unready(), 'feed: not heard')
  equal(await make({ store: () => undefined }).unready(), undefined)
  stop()
  equal(await unready(), 'shutting down')
})

test('readyz: a check that hangs is not ready', async () => {
  const { answer } = make({ store: () => new Promise(() => {}) }, { patienceMs: 1 })
  same(await seen(answer(ask('/readyz'))), [503, { ready: false, reason: 'store: no answer in time' }])
})

test('readyz: at shutdown it is not ready, also to those who asked before', async () => {
  let release = (_: undefined) => {}
  const slow = new Promise<undefined>((resolve) => {
    release = resolve
  })
  const { answer, stop } = make({ store: () => slow })
  const before = answer(ask('/readyz'))
  stop()
  release(undefined)
  const is = [503, { ready: false, reason: 'shutting down' }]
  same(await seen(before), is)
  same(await seen(answer(ask('/readyz'))), is)
  same(await seen(answer(ask('/livez'))), [200, { alive: true }])
})

test('a ready server may say more; one that is not says why it is not', async () => {
  const note = () => 'a backend is away'
  same(await seen(make({}, { note }).answer(ask('/readyz'))), [200, { ready: true, note: note() }])
  same(await seen(make({ ring: () => 'x' }, { note }).answer(ask('/readyz'))), [
    503,
    { ready: false, reason: 'ring: x' },
  ])
})

test('readyz: a flood asks the store once a second', async () => {
  let asked = 0
  let now = start
  const { answer } = make({ store: () => void asked++ }, { clock: () => now })
  for (let i = 0; i < 100; i++) await answer(ask('/readyz'))
  equal(asked, 1)
  now = new Date(start.getTime() + 1000)
  await answer(ask('/readyz'))
  equal(asked, 2)
})

test('livez: answers while nothing is ready, in the same turn', () => {
  const reply = make({ store: () => 'down' }).answer(ask('/livez'))
  equal((reply as Reply).status, 200)
})

test('health comes before the handler, under any Host; all else goes to the handler', async () => {
  const handler = withHealth(make({}), () => ({ status: 418, headers: [], body: '' }))
  const status = async (exchange: Exchange) => (await handler(exchange)).status
  equal(await status(ask('/livez', 'GET', 'localhost')), 200)
  equal(await status(ask('/readyz', 'HEAD', '')), 200)
  equal(await status(ask('/livez/', 'GET')), 418)
  equal(await status(ask('/livez?x', 'GET')), 418)
  equal(await status(ask('/livez', 'POST')), 418)
  equal(await status(ask('/', 'GET')), 418)
})
