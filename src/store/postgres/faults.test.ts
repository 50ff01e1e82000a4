// What errors mean for a transaction, and how often it is tried again.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { Unavailable } from '../store.ts'
import { delayAfter, openPause } from './backoff.ts'
import { type Fault, faultOf, isUnknownAtCommit, refusal } from './faults.ts'
import type { Primary } from './primary.ts'
import { again } from './transaction.ts'

const coded = (code: string, severity?: string) => Object.assign(new Error('it failed'), { code, severity })

describe('an error is', () => {
  const rows: readonly (readonly [Fault, readonly unknown[]])[] = [
    ['again', ['40001', '40P01'].map((code) => coded(code))],
    [
      'lost',
      [
        ...[
          '08006',
          '57P01',
          '57P02',
          '57P03',
          '25006',
          '25P03',
          'ECONNRESET',
          'ETIMEDOUT',
          'ERR_TLS_CERT_ALTNAME_INVALID',
        ],
      ].map((code) => coded(code)),
    ],
    ['lost', [new Error('Connection terminated unexpectedly'), new Error('Query read timeout')]],
    ['taken', [coded('23505')]],
    [
      'refused',
      ['55P03', '57014', '53300', '28P01', '3D000', '42501', '42703', '54000', 'XX000'].map((code) => coded(code)),
    ],
    [
      'mistake',
      [coded('42601'), coded('22P02'), new Error('odd'), new TypeError('odd'), new Unavailable('odd'), 'odd'],
    ],
  ]
  for (const [fault, errors] of rows)
    test(fault, () => {
      for (const error of errors)
        assert.equal(faultOf(error), fault, String((error as { code?: string }).code ?? error))
    })
})

test('after a failed COMMIT only an ERROR says that nothing was committed', () => {
  assert.equal(isUnknownAtCommit(coded('40001', 'ERROR')), false)
  assert.equal(isUnknownAtCommit(coded('57P01', 'FATAL')), true)
  assert.equal(isUnknownAtCommit(coded('ECONNRESET')), true)
  assert.equal(isUnknownAtCommit(new Error('Connection terminated unexpectedly')), true)
})

test('what the server is to blame for is Unavailable; a mistake of ours stays', () => {
  const mistake = coded('42601')
  assert.equal(refusal(mistake, 'postgres db'), mistake)
  const refused = refusal(coded('53300'), 'postgres db')
  assert.ok(refused instanceof Unavailable)
  assert.equal(refused.message, 'postgres db cannot be used: it failed')
})

describe('work is tried again', () => {
  const trying = async (errors: readonly unknown[], tries = 40) => {
    const codes: string[] = []
    let runs = 0
    const ended = await again(
      { primary: { name: 'db' } as Primary, tries, onRetry: (code) => codes.push(code) },
      async () => {
        const error = errors[Math.min(runs++, errors.length - 1)]
        if (error !== undefined) throw error
        return 'done'
      },
    ).catch((error: unknown) => error)
    return { runs, codes, ended }
  }

  test('until it succeeds, while others disturb it', async () => {
    const { runs, codes, ended } = await trying([coded('40001'), coded('40P01'), coded('40001'), undefined])
    assert.deepEqual([runs, codes, ended], [4, ['40001', '40P01', '40001'], 'done'])
  })

  test('three times after a lost connection, and not after that', async () => {
    const lost = coded('ECONNRESET')
    assert.deepEqual((await trying([lost, lost, lost, undefined])).ended, 'done')
    const { runs, ended } = await trying([lost])
    assert.deepEqual([runs, ended], [4, lost])
  })

  test('not at all after anything else', async () => {
    for (const error of [coded('23505'), coded('55P03'), new TypeError('odd'), new Unavailable('odd')]) {
      const { runs, ended } = await trying([error])
      assert.deepEqual([runs, ended], [1, error])
    }
  })

  test('a bounded number of times: then it is Unavailable', async () => {
    const { runs, ended } = await trying([coded('40001')], 5)
    assert.ok(ended instanceof Unavailable)
    assert.equal(runs, 5)
  })
})

describe('the pause between searches for a server', () => {
  test('doubles up to a bound, less a random half', () => {
    assert.deepEqual(
      [1, 2, 3, 4, 50].map((failures) => delayAfter(failures, 50, 300, 1)),
      [50, 100, 200, 300, 300],
    )
    assert.equal(delayAfter(2, 50, 300, 0), 50)
  })

  test('ends by itself, and at once when a server was found', async (t) => {
    t.mock.timers.enable({ apis: ['setTimeout'] })
    const pause = openPause(() => 1)
    pause.begin()
    t.mock.timers.tick(49)
    assert.equal(pause.isOn(), true)
    t.mock.timers.tick(1)
    assert.equal(pause.isOn(), false)
    pause.begin()
    t.mock.timers.tick(50)
    assert.equal(pause.isOn(), true, 'the second is longer')
    pause.end()
    assert.equal(pause.isOn(), false)
  })
})
