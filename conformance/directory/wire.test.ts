// What a server sends that is no answer, or not all of one (RFC 4511): never a success, and never fewer entries than there are.
import assert from 'node:assert/strict'
import type { Socket } from 'node:net'
import { describe, test } from 'node:test'
import { type DirectoryRequest, writeAnswer, writeEntry } from '../../src/dev/directory/messages.ts'
import { connector, groupNames, groups, kindOf, now, people, secret } from './kit.ts'
import { type RawServer, rawServer } from './raw-server.ts'

const settings = { startTls: false, allowsPlain: true, deadlineMs: 1500 } as const
const signIn = (server: RawServer) =>
  connector([server], { ...settings, groups: { membership: ['member'], nested: false } }).logIn('ann', secret, now)

const ann = `uid=ann,${people}`
const text = (values: Readonly<Record<string, string>>) =>
  new Map(Object.entries(values).map(([name, value]) => [name, [Buffer.from(value)]]))
const annsEntry = (id: number) =>
  writeEntry(id, ann, text({ objectClass: 'person', uid: 'ann', entryUUID: '00000000-0000-4000-8000-000000000001' }))
const groupEntry = (id: number, name: string) => writeEntry(id, `cn=${name},${groups}`, text({ cn: name }))

type Search = Extract<DirectoryRequest, { kind: 'search' }>
const isForGroups = (request: DirectoryRequest): request is Search =>
  request.kind === 'search' && request.base === groups
const isAnnsBind = (request: DirectoryRequest) => request.kind === 'bind' && request.name === ann

/** A directory with one person and no group, but for what a test answers itself. */
const odd = (own: (request: DirectoryRequest, socket: Socket) => boolean) =>
  rawServer((request, socket) => {
    if (own(request, socket)) return
    if (request.kind === 'bind') socket.write(writeAnswer(request, 'bind', { code: 0 }))
    if (request.kind !== 'search') return
    const entries = request.base === groups ? [] : [annsEntry(request.id)]
    socket.write(Buffer.concat([...entries, writeAnswer(request, 'search', { code: 0 })]))
  })

test('the directory of these tests lets in', async () => {
  assert.deepEqual(groupNames(await signIn(await odd(() => false))), [])
})

test('a page without entries is not the end: the server says when it is (RFC 2696)', async () => {
  const server = await odd((request, socket) => {
    if (!isForGroups(request)) return false
    const start = request.paging?.start ?? 0
    const entries = start === 0 || start === 3 ? [groupEntry(request.id, `g${start}`)] : []
    const done = writeAnswer(request, 'search', { code: 0 }, { nextPage: start === 3 ? 'none' : start + 1 })
    socket.write(Buffer.concat([...entries, done]))
    return true
  })
  assert.deepEqual(groupNames(await signIn(server)), ['g0', 'g3'])
})

test('pages without an end are refused at the deadline', async () => {
  const server = await odd((request, socket) => {
    if (!isForGroups(request)) return false
    socket.write(writeAnswer(request, 'search', { code: 0 }, { nextPage: 1 }))
    return true
  })
  assert.equal(kindOf(await signIn(server)), 'unavailable')
})

test('an answer in pieces of one byte is one answer', async () => {
  const server = await odd((request, socket) => {
    if (!isForGroups(request)) return false
    const answer = Buffer.concat([groupEntry(request.id, 'g'), writeAnswer(request, 'search', { code: 0 })])
    const send = (at: number) => {
      if (at < answer.length) socket.write(answer.subarray(at, at + 1), () => send(at + 1))
    }
    send(0)
    return true
  })
  assert.deepEqual(groupNames(await signIn(server)), ['g'])
})

describe('No success of a bind', () => {
  for (const [title, answer] of [
    ['a result that is not there', (id: number) => Buffer.from([0x30, 5, 2, 1, id, 0x61, 0])],
    ['a result without a value', (id: number) => Buffer.from([0x30, 11, 2, 1, id, 0x61, 6, 0x0a, 0, 4, 0, 4, 0])],
    ['a result of another type', (id: number) => Buffer.from([0x30, 12, 2, 1, id, 0x61, 7, 2, 1, 0, 4, 0, 4, 0])],
    [
      'an answer to another message',
      (id: number) => writeAnswer({ id: id + 1, asksPolicy: false }, 'bind', { code: 0 }),
    ],
    ['the answer to a search', (id: number) => writeAnswer({ id, asksPolicy: false }, 'search', { code: 0 })],
    [
      'the answer to an extended request',
      (id: number) => writeAnswer({ id, asksPolicy: false }, 'extended', { code: 0 }),
    ],
    ['an entry', (id: number) => annsEntry(id)],
    ['lengths that point outside', (id: number) => Buffer.from([0x30, 12, 2, 1, id, 0x61, 9, 0x0a, 1, 0, 4, 0, 4, 0])],
    [
      'a length without an end',
      (id: number) => Buffer.from([0x30, 0x80, 2, 1, id, 0x61, 7, 0x0a, 1, 0, 4, 0, 4, 0, 0, 0]),
    ],
    ['half of it', (id: number) => writeAnswer({ id, asksPolicy: false }, 'bind', { code: 0 }).subarray(0, 12)],
    ['a web server', () => Buffer.from('HTTP/1.1 200 OK\r\n\r\n')],
  ] as const) {
    test(title, async () => {
      const server = await odd((request, socket) => {
        if (!isAnnsBind(request)) return false
        socket.write(answer(request.id))
        return true
      })
      assert.equal(kindOf(await signIn(server)), 'unavailable')
    })
  }

  test('a notice that the server ends the connection', async () => {
    const server = await odd((request, socket) => {
      if (!isAnnsBind(request)) return false
      socket.write(writeAnswer({ id: 0, asksPolicy: false }, 'extended', { code: 52 }))
      return true
    })
    assert.equal(kindOf(await signIn(server)), 'unavailable')
  })
})

describe('Not fewer groups', () => {
  for (const [title, entry] of [
    [
      'an entry whose attribute is cut',
      (id: number) =>
        Buffer.from([0x30, 18, 2, 1, id, 0x64, 13, 4, 1, 0x78, 0x30, 8, 0x30, 6, 4, 2, 0x63, 0x6e, 0x31, 0x7f]),
    ],
    [
      'an entry whose values are cut',
      (id: number) =>
        Buffer.from([
          0x30,
          21,
          2,
          1,
          id,
          0x64,
          16,
          4,
          1,
          0x78,
          0x30,
          11,
          0x30,
          9,
          4,
          2,
          0x63,
          0x6e,
          0x31,
          3,
          4,
          9,
          0x78,
        ]),
    ],
    ['an entry of another search', (id: number) => groupEntry(id + 7, 'g')],
  ] as const) {
    test(title, async () => {
      const server = await odd((request, socket) => {
        if (!isForGroups(request)) return false
        socket.write(Buffer.concat([entry(request.id), writeAnswer(request, 'search', { code: 0 })]))
        return true
      })
      assert.equal(kindOf(await signIn(server)), 'unavailable')
    })
  }
})
