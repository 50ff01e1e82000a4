// One at a time for each account.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Refusal } from '../wire/errors.ts'
import { createTurns } from './turns.ts'

function gates() {
  const begun: string[] = []
  const open = new Map<string, (fail?: Error) => void>()
  const work = (name: string) => () =>
    new Promise<string>((resolve, reject) => {
      begun.push(name)
      open.set(name, (fail) => (fail === undefined ? resolve(name) : reject(fail)))
    })
  return { begun, work, end: (name: string, fail?: Error) => open.get(name)?.(fail) }
}

test('an account’s work waits for its own, not for another’s; one that fails ends its turn', async () => {
  const inTurn = createTurns()
  const { begun, work, end } = gates()
  const first = inTurn('a', work('first'))
  const second = inTurn('a', work('second'))
  const other = inTurn('b', work('other'))
  await Promise.resolve()
  assert.deepEqual(begun, ['first', 'other'])
  end('first', new Error('failed'))
  await assert.rejects(first, /failed/)
  end('second')
  end('other')
  assert.deepEqual(await Promise.all([second, other]), ['second', 'other'])
})

test('when eight wait, one more is refused, of this account alone; when they are done, it is not', async () => {
  const inTurn = createTurns()
  const { work, end } = gates()
  const nine = Array.from({ length: 9 }, (_, i) => inTurn('a', work(`${i}`)))
  await assert.rejects(inTurn('a', work('tenth')), (error) => error instanceof Refusal && error.code === 'Throttling')
  const other = inTurn('b', work('other'))
  for (let i = 0; i < 9; i++) {
    await Promise.resolve()
    end(`${i}`)
    await nine[i]
  }
  const again = inTurn('a', work('again'))
  await Promise.resolve()
  end('again')
  end('other')
  assert.deepEqual(await Promise.all([again, other]), ['again', 'other'])
})
