import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { NoAnswer, Refused } from './failures.ts'
import { createServers, restMs } from './servers.ts'

/** Servers a, b and c, of which some are down; and which of them were asked. */
function three() {
  let time = Date.UTC(2026, 10, 29)
  const asked: string[] = []
  const down = new Set<string>()
  const servers = createServers(['a', 'b', 'c'], () => new Date(time))
  return {
    asked,
    down,
    pass: (ms: number) => {
      time += ms
    },
    /** Who answered, after whom. */
    async ask(left = 1000): Promise<string> {
      asked.length = 0
      const work = async (server: string) => {
        asked.push(server)
        if (down.has(server)) throw new NoAnswer(`${server} is down`)
        return server
      }
      const answered = await servers.first(work, { left: () => left }).catch((error: Error) => error.message)
      return `${answered} after ${asked.join('')}`
    },
    servers,
  }
}

describe('Which server is asked', () => {
  test('the preferred one while it answers', async () => {
    const { ask } = three()
    assert.equal(await ask(), 'a after a')
  })

  test('the next while one rests, and the preferred again when it rested and answers', async () => {
    const { ask, down, pass } = three()
    down.add('a')
    assert.equal(await ask(), 'b after ab')
    assert.equal(await ask(), 'b after b')
    pass(restMs - 1)
    assert.equal(await ask(), 'b after b')
    pass(1)
    assert.equal(await ask(), 'b after ab')
    down.clear()
    assert.equal(await ask(), 'b after b')
    pass(restMs)
    assert.equal(await ask(), 'a after a')
    assert.equal(await ask(), 'a after a')
  })

  test('a clock that is set back does not lengthen the rest', async () => {
    const { ask, down, pass } = three()
    down.add('a')
    await ask()
    down.clear()
    pass(-2 * restMs)
    assert.equal(await ask(), 'a after a')
  })

  test('when all rest, the one that rests the longest', async () => {
    const { ask, down, pass } = three()
    for (const name of ['a', 'b', 'c']) down.add(name)
    assert.equal(await ask(), 'a is down; b is down; c is down after abc')
    pass(1)
    assert.equal(await ask(), 'a is down after a')
    pass(1)
    assert.equal(await ask(), 'b is down after b')
    down.delete('c')
    pass(1)
    assert.equal(await ask(), 'c after c')
    assert.equal(await ask(), 'c after c')
  })

  test('an answer that is no success is final', async () => {
    const { servers } = three()
    const asked: string[] = []
    const refuse = async (server: string) => {
      asked.push(server)
      throw new Refused(50, '')
    }
    await assert.rejects(servers.first(refuse, { left: () => 1000 }), Refused)
    assert.deepEqual(asked, ['a'])
  })

  test('a deadline that has passed says nothing of a server', async () => {
    const { ask, down } = three()
    down.add('a')
    assert.equal(await ask(0), 'a is down after a')
    assert.equal(await ask(), 'b after ab')
  })
})
