import { strictEqual as equal, ok, deepStrictEqual as same } from 'node:assert/strict'
import { test } from 'node:test'
import { createMetrics } from './metrics.ts'

const make = (process = false) => createMetrics({ operations: { sts: ['AssumeRole'], iam: ['GetUser'] }, process })

/** The lines of one metric, without their comments. */
const lines = async (metrics: ReturnType<typeof make>, name: string) =>
  (await metrics.text()).split('\n').filter((line) => line.startsWith(name))

test('requests are counted by service, operation and outcome', async () => {
  const metrics = make()
  metrics.answered('sts', 'AssumeRole', 'ok', 1)
  metrics.answered('sts', 'AssumeRole', 'ok', 1)
  metrics.answered('sts', 'AssumeRole', 'AccessDenied', 1)
  same(await lines(metrics, 'hallpass_requests_total'), [
    'hallpass_requests_total{service="sts",operation="AssumeRole",outcome="ok"} 2',
    'hallpass_requests_total{service="sts",operation="AssumeRole",outcome="AccessDenied"} 1',
  ])
})

test('reading twice gives the same numbers', async () => {
  const metrics = make()
  metrics.answered('sts', 'AssumeRole', 'ok', 3)
  metrics.sealed()
  equal(await metrics.text(), await metrics.text())
})

const unknown: readonly { rule: string; labels: readonly [string, string]; as: string }[] = [
  { rule: 'operation', labels: ['sts', 'Invented'], as: 'service="sts",operation="other"' },
  { rule: 'service', labels: ['invented', 'AssumeRole'], as: 'service="other",operation="other"' },
  { rule: "another service's operation", labels: ['iam', 'AssumeRole'], as: 'service="iam",operation="other"' },
  { rule: 'member of Object.prototype', labels: ['sts', 'constructor'], as: 'service="sts",operation="other"' },
]
for (const { rule, labels, as } of unknown) {
  test(`an unknown ${rule} makes no label value`, async () => {
    const metrics = make()
    metrics.answered(...labels, 'InvalidAction', 1)
    same(await lines(metrics, 'hallpass_requests_total'), [`hallpass_requests_total{${as},outcome="InvalidAction"} 1`])
  })
}

test('a flood of outcomes is bounded and still counted', async () => {
  const metrics = make()
  for (let i = 0; i < 5000; i++) metrics.answered('sts', 'AssumeRole', `Code${i}`, 1)
  const series = await lines(metrics, 'hallpass_requests_total')
  ok(series.length <= 201)
  equal(
    series.reduce((sum, line) => sum + Number(line.split(' ')[1]), 0),
    5000,
  )
})

test('an outcome that is no code is not written out', async () => {
  const metrics = make()
  metrics.opened('x"} 1\nforged 1')
  same(await lines(metrics, 'hallpass_tokens_opened_total'), ['hallpass_tokens_opened_total{outcome="other"} 1'])
  same(await lines(metrics, 'forged'), [])
})

test('latency falls into cumulative buckets', async () => {
  const metrics = make()
  for (const ms of [0, 0.5, 0.6, 3, 20_000]) metrics.answered('sts', 'AssumeRole', 'ok', ms)
  const own = (await lines(metrics, 'hallpass_request_duration_seconds')).filter((line) => line.includes('"sts"'))
  const at = (le: string) => own.find((line) => line.includes(`le="${le}"`))?.split(' ')[1]
  same([at('0.0005'), at('0.001'), at('0.005'), at('10'), at('+Inf')], ['2', '3', '4', '4', '5'])
  ok(own.includes('hallpass_request_duration_seconds_count{service="sts"} 5'))
  ok(own.includes('hallpass_request_duration_seconds_sum{service="sts"} 20.0041'))
})

test('all else is counted under its label', async () => {
  const metrics = make()
  metrics.decided('explicit-deny')
  metrics.signatureFailed('expired')
  metrics.sealed()
  metrics.opened('revoked')
  metrics.limited('address')
  metrics.edge({ kind: 'refused', status: 431, address: '1.1.1.1', why: 'x' })
  metrics.edge({ kind: 'failed', requestId: 'r', error: new Error('secret') })
  metrics.gauge('hallpass_connections', 'Open connections', () => 7)
  const text = await metrics.text()
  for (const line of [
    'hallpass_decisions_total{decision="explicit-deny"} 1',
    'hallpass_signature_failures_total{reason="expired"} 1',
    'hallpass_tokens_sealed_total 1',
    'hallpass_tokens_opened_total{outcome="revoked"} 1',
    'hallpass_rate_limited_total{kind="address"} 1',
    'hallpass_http_refused_total{status="431"} 1',
    'hallpass_failures_total 1',
    'hallpass_connections 7',
  ]) {
    ok(text.split('\n').includes(line), line)
  }
  ok(!text.includes('1.1.1.1') && !text.includes('secret'))
})

test('the process and its event loop are there when asked for', async () => {
  const text = await make(true).text()
  ok(text.includes('nodejs_eventloop_lag_seconds') && text.includes('process_resident_memory_bytes'))
  ok(!(await make().text()).includes('nodejs_'))
})
