// Failures at the ports, outside the pipeline, reach the operator.
import { deepEqual, equal, match } from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { test } from 'node:test'
import { loadSettings } from '../config/load.ts'
import type { Handler } from '../server/exchange.ts'
import type { Metrics } from '../server/metrics.ts'
import { noProxies } from '../server/proxies.ts'
import { openPorts } from './ports.ts'

test('a failure at either port is counted and reported, with its request id and cause', async () => {
  const on = { host: '127.0.0.1', port: 0 }
  const settings = { ...loadSettings({ flags: { data: 'x' }, environment: {} }), listen: on, 'metrics-listen': on }
  const counted: string[] = []
  const lines: string[] = []
  const broken: Handler = () => {
    throw new Error('what broke')
  }
  const metrics = {
    contentType: 'text/plain',
    text: () => Promise.reject(new Error('what broke')),
    edge: ({ kind }: { kind: string }) => void counted.push(kind),
  } as unknown as Metrics
  const common = { proxies: noProxies, metrics, clock: () => new Date(), random: randomBytes }
  const report = (line: string) => void lines.push(line)
  const ports = await openPorts(settings, { ...common, longestBody: 0, handler: broken, report })
  equal((await fetch(ports.url)).status, 500)
  equal((await fetch(`http://127.0.0.1:${ports.measured?.port}/metrics`)).status, 500)
  await ports.close(0)
  deepEqual(counted, ['failed', 'failed'])
  equal(lines.length, 2)
  for (const line of lines) match(line, /^request [0-9a-f-]{36} failed: Error: what broke\n +at /)
})
