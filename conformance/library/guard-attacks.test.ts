// What gets nobody in at an API behind the guard: requests that were changed on the way, signed for something else, or with credentials
// that ended; and names in requests that would mean more than a name.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { CreatePolicyCommand, PutRolePermissionsBoundaryCommand, UpdateAccessKeyCommand } from '@aws-sdk/client-iam'
import { revokeSessions } from '../../src/app/operator/sessions.ts'
import { arn } from '../../src/library/guard.ts'
import { MAX_AGE_SECONDS } from '../../src/server/workload/callers.ts'
import {
  account,
  assume,
  declare,
  document,
  listen,
  noteArn,
  notesWorld,
  role,
  type Sent,
  type Signed,
  send,
  setPolicy,
  sign,
  statement,
  user,
} from './notes-kit.ts'

const world = await notesWorld()
const { server, guard, clock } = world
const all = document(statement('Allow', 'notes:*', '*'))
const alice = await user(world, 'alice', document(statement('Allow', ['sts:*', 'notes:*'], '*')))
const writer = await role(world, 'Writer', all)
const maxAgeMs = MAX_AGE_SECONDS * 1000

const port = await listen(
  guard.node(
    (request) => {
      const [path = '', query = ''] = (request.url ?? '').split('?')
      const id = new URLSearchParams(query).get('id') ?? decodeURIComponent(path.slice('/notes/'.length))
      return {
        action: request.method === 'GET' ? 'notes:Read' : 'notes:Write',
        resource: arn`arn:aws:notes:eu-west-1:111122223333:note/${id}`,
      }
    },
    (_request, response) => response.writeHead(200, { 'content-type': 'application/json' }).end('{}'),
  ),
)
const host = `localhost:${port}`
const session = await assume(world, alice, writer)
const put: Sent = {
  method: 'PUT',
  path: '/notes/1',
  query: { v: '1' },
  headers: { 'content-type': 'text/plain', 'x-amz-meta': 'a' },
  body: 'hello',
}
const ask = (sent: Sent = put, keys = session, scope = {}) => sign(keys, clock.now, host, sent, scope)

/** The headers with one replaced, or one more. */
function withHeader({ headers }: Signed, name: string, value: (before: string) => string): readonly string[] {
  const at = headers.findIndex((text, i) => i % 2 === 0 && text.toLowerCase() === name)
  return at < 0 ? [...headers, name, value('')] : headers.with(at + 1, value(headers[at + 1] ?? ''))
}
const changedHeader = (name: string, value: (before: string) => string) => (signed: Signed) => ({
  ...signed,
  headers: withHeader(signed, name, value),
})
const added =
  (...more: string[]) =>
  (signed: Signed) => ({ ...signed, headers: [...signed.headers, ...more] })

test('as it was signed it is let in, with every kind of credentials', async () => {
  assert.equal((await send(port, await ask())).status, 200)
  assert.equal((await send(port, await ask(put, alice))).status, 200)
  assert.equal((await send(port, await ask(put, server.root))).status, 200)
})

describe('changed on the way: refused, and nobody is asked about it', () => {
  const mismatch = 'InvalidSignatureException'
  for (const [what, change, code] of [
    ['another method', (s) => ({ ...s, method: 'POST' }), mismatch],
    ['another path', (s) => ({ ...s, target: '/notes/2?v=1' }), mismatch],
    ['a path that is written otherwise', (s) => ({ ...s, target: '/notes/%31?v=1' }), mismatch],
    ['a segment up and down again', (s) => ({ ...s, target: '/notes/2/../1?v=1' }), 'ValidationException'],
    ['the same, escaped', (s) => ({ ...s, target: '/notes/2/%2e%2E/1?v=1' }), 'ValidationException'],
    ['an empty segment', (s) => ({ ...s, target: '/notes//1?v=1' }), 'ValidationException'],
    ['another value in the query', (s) => ({ ...s, target: '/notes/1?v=2' }), mismatch],
    ['a parameter more', (s) => ({ ...s, target: '/notes/1?v=1&id=2' }), mismatch],
    ['a parameter less', (s) => ({ ...s, target: '/notes/1' }), mismatch],
    ['another body', (s) => ({ ...s, body: 'hallo' }), mismatch],
    ['no body', (s) => ({ ...s, body: '' }), mismatch],
    ['a longer body', (s) => ({ ...s, body: 'hello you' }), mismatch],
    ['another signed header', changedHeader('content-type', () => 'text/html'), mismatch],
    ['another host', changedHeader('host', () => 'other.example.com'), mismatch],
    ['another time', changedHeader('x-amz-date', () => '20260901T120006Z'), mismatch],
    ['another day', changedHeader('authorization', (text) => text.replace('/20260901/', '/20260831/')), mismatch],
    ['another region', changedHeader('authorization', (text) => text.replace('/eu-west-1/', '/us-east-1/')), mismatch],
    ['another service', changedHeader('authorization', (text) => text.replace('/notes/', '/sts/')), mismatch],
    [
      'another terminator',
      changedHeader('authorization', (text) => text.replace('/aws4_request', '/aws4_reques')),
      mismatch,
    ],
    ['one header signed less', changedHeader('authorization', (text) => text.replace('content-type;', '')), mismatch],
    ['a list that leaves out the host', changedHeader('authorization', (text) => text.replace('host;', '')), mismatch],
    [
      'a token that was cut',
      changedHeader('x-amz-security-token', (text) => text.slice(0, -4)),
      'UnrecognizedClientException',
    ],
    [
      'the key id of somebody else',
      changedHeader('authorization', (text) => text.replace(session.accessKeyId, alice.accessKeyId)),
      'UnrecognizedClientException',
    ],
    ['an unsigned x-amz header', added('X-Amz-Target', 'Notes.Delete'), mismatch],
    ['no signature', (s) => ({ ...s, headers: ['host', host] }), 'MissingAuthenticationTokenException'],
    ['another scheme', changedHeader('authorization', () => 'Bearer abc'), 'MissingAuthenticationTokenException'],
  ] as readonly (readonly [string, (signed: Signed) => Signed, string])[]) {
    test(what, async () => {
      await send(port, await ask())
      const before = world.asked()
      const answer = await send(port, change(await ask()))
      assert.equal(answer.body.__type, code, JSON.stringify(answer))
      assert.ok(answer.status === 403 || answer.status === 400)
      // Other credentials, or another scope, are ones of which nothing is known yet.
      const isKnown = !/token|key id|region/.test(what)
      assert.equal(world.asked() - before, isKnown ? 0 : 1)
    })
  }

  for (const name of ['authorization', 'x-amz-date', 'x-amz-security-token', 'x-amz-meta', 'content-type']) {
    test(`a second ${name}`, async () => {
      const signed = await ask()
      const value =
        signed.headers[signed.headers.findIndex((text, i) => i % 2 === 0 && text.toLowerCase() === name) + 1] ?? ''
      for (const headers of [
        [...signed.headers, name, value],
        [name, 'other', ...signed.headers],
      ]) {
        const answer = await send(port, { ...signed, headers })
        assert.equal(answer.status, 400)
      }
    })
  }
  test('a second host', async () => {
    const signed = await ask()
    const answer = await guard.authorize(
      { ...signed, headers: [...signed.headers, 'Host', 'evil.example.com'], body: Buffer.from(signed.body) },
      { action: 'notes:Write', resource: noteArn('1') },
    )
    assert.ok('refused' in answer && answer.refused.status === 400)
  })
})

describe('signed for something else', () => {
  test('for another service, whole', async () =>
    assert.equal(
      (await send(port, await ask(put, session, { service: 'execute-api' }))).body.__type,
      'InvalidSignatureException',
    ))
  test('for another host, with that host in the request: Hallpass tells nothing', async () => {
    const fresh = await assume(world, alice, writer)
    const answer = await send(port, await sign(fresh, clock.now, 'other.example.com', put))
    assert.equal(answer.body.__type, 'AccessDeniedException')
  })
  for (const payload of ['UNSIGNED-PAYLOAD', 'STREAMING-UNSIGNED-PAYLOAD-TRAILER']) {
    test(`a payload that is stated as ${payload}`, async () => {
      const signed = await ask({ ...put, headers: { ...put.headers, 'x-amz-content-sha256': payload } })
      assert.equal((await send(port, signed)).body.__type, 'InvalidSignatureException')
    })
  }
  test('16 minutes ago, and 16 minutes from now', async () => {
    for (const minutes of [-16, 16]) {
      const at = new Date(clock.now.getTime() + minutes * 60_000)
      const answer = await send(port, await sign(session, at, host, put))
      assert.equal(answer.body.__type, 'InvalidSignatureException')
      assert.match(answer.body.message ?? '', /^Signature (?:expired|not yet current)/)
    }
  })
})

describe('a name in the request is no more than a name', () => {
  for (const id of [
    '*',
    '?',
    'a*',
    '$'.concat('{aws:username}'),
    '$',
    '1/2',
    '1:2',
    '..',
    '.',
    '',
    ' ',
    'a b',
    'a\u0000',
    'a\nb',
    'a\u202e',

    'x'.repeat(600),
  ]) {
    test(JSON.stringify(id.slice(0, 20)), async () => {
      const answer = await send(port, await ask({ query: { id } }))
      assert.deepEqual([answer.status, answer.body.__type], [400, 'ValidationException'])
    })
  }
  for (const resource of [
    '*x',
    `arn:aws:notes:eu-west-1:${account}:note/*`,
    `arn:aws:notes:eu-west-1:${account}:note/\${aws:username}`,
    `arn:aws:notes:eu-west-1:${account}:note/a/../b`,
  ]) {
    test(`${resource}, put together by hand`, async () => {
      const signed = await ask()
      const asked = guard.authorize({ ...signed, body: Buffer.from(signed.body) }, { action: 'notes:Read', resource })
      if (resource === '*x') await assert.rejects(asked, TypeError)
      else {
        const answer = await asked
        assert.ok('refused' in answer && answer.refused.code === 'ValidationException')
      }
    })
  }
  for (const [what, wish] of [
    ['an action of another service', { action: 's3:GetObject', resource: noteArn('1') }],
    ['an action that is a pattern', { action: 'notes:*', resource: noteArn('1') }],
    ['a resource of another service', { action: 'notes:Read', resource: 'arn:aws:s3:::bucket' }],
    ['a key of AWS’s', { action: 'notes:Read', resource: noteArn('1'), context: { 'aws:SourceIp': '10.0.0.1' } }],
  ] as const) {
    test(`${what} is misuse`, async () => {
      const signed = await ask()
      await assert.rejects(guard.authorize({ ...signed, body: Buffer.from(signed.body) }, wish), TypeError)
    })
  }
})

/** Until when what was let in before still is: the moment at which it is refused, counted from now. */
async function endsWithin(
  keys: Parameters<typeof sign>[0],
  end: () => Promise<unknown>,
  code: string,
  sent: Sent = put,
) {
  await server.move(60_000)
  assert.equal((await send(port, await ask(sent, keys))).status, 200)
  await end()
  await server.move(maxAgeMs - 1)
  await send(port, await ask(sent, keys))
  await server.move(1)
  const answer = await send(port, await ask(sent, keys))
  assert.equal(answer.body.__type, code, JSON.stringify(answer))
}

describe(`what has ended is refused after ${MAX_AGE_SECONDS} s at the latest`, () => {
  test('a session that was revoked', async () => {
    const keys = await assume(world, alice, writer)
    await endsWithin(
      keys,
      () => revokeSessions(server.engine, { session: keys.accessKeyId }),
      'UnrecognizedClientException',
    )
  })
  test('an access key that was made inactive', async () => {
    const bob = await user(world, 'bob', all)
    const { iam } = server.as(server.root)
    const inactive = new UpdateAccessKeyCommand({ UserName: 'bob', AccessKeyId: bob.accessKeyId, Status: 'Inactive' })
    await endsWithin(bob, () => iam.send(inactive), 'UnrecognizedClientException')
  })
  test('a permission that was taken away', async () => {
    const name = 'Passing'
    const keys = await assume(world, alice, await role(world, name, all))
    await endsWithin(
      keys,
      () => setPolicy(world, name, document(statement('Allow', 'notes:Read', '*'))),
      'AccessDeniedException',
    )
  })
  test('a session whose time is over, to the second, whatever is remembered', async () => {
    const keys = await assume(world, alice, writer, { DurationSeconds: 900 })
    await server.move(900_000 - 5_500 - 1_000)
    assert.equal((await send(port, await ask(put, keys))).status, 200)
    await server.move(7_000)
    assert.equal((await send(port, await ask(put, keys))).body.__type, 'ExpiredTokenException')
  })
})

describe('every policy of the caller’s counts', () => {
  test('a session policy', async () => {
    const keys = await assume(world, alice, writer, {
      Policy: document(statement('Allow', 'notes:Read', noteArn('1'))),
    })
    assert.equal((await send(port, await ask({}, keys))).status, 200)
    const answer = await send(port, await ask(put, keys))
    assert.match(answer.body.message ?? '', /because no session policy allows the notes:Write action$/)
  })
  test('a boundary', async () => {
    const { iam } = server.as(server.root)
    const { Policy } = await iam.send(
      new CreatePolicyCommand({ PolicyName: 'edge', PolicyDocument: document(statement('Allow', 'notes:Read', '*')) }),
    )
    const bounded = await role(world, 'Bounded', all)
    await iam.send(new PutRolePermissionsBoundaryCommand({ RoleName: 'Bounded', PermissionsBoundary: Policy?.Arn }))
    const answer = await send(port, await ask(put, await assume(world, alice, bounded)))
    assert.match(answer.body.message ?? '', /because no permissions boundary allows the notes:Write action$/)
  })
  test('conditions on tags, source identity and time', async () => {
    const condition = {
      StringEquals: { 'aws:PrincipalTag/team': 'red', 'aws:SourceIdentity': 'alice' },
      DateLessThan: { 'aws:CurrentTime': '2026-12-01T00:00:00Z' },
      IpAddress: { 'aws:SourceIp': '127.0.0.0/8' },
      Bool: { 'aws:SecureTransport': 'false' },
    }
    const tagged = await role(world, 'Tagged', document(statement('Allow', 'notes:Write', '*', condition)))
    const red = await assume(world, alice, tagged, { Tags: [{ Key: 'team', Value: 'red' }], SourceIdentity: 'alice' })
    const blue = await assume(world, alice, tagged, { Tags: [{ Key: 'team', Value: 'blue' }], SourceIdentity: 'alice' })
    assert.equal((await send(port, await ask(put, red))).status, 200)
    assert.equal((await send(port, await ask(put, blue))).status, 403)
  })
})

test('who proves to be another service is told nothing, and lets nobody in', async () => {
  const privateKey = await declare(world, 'other.example.com', 'other')
  const other = await notesWorldGuard(privateKey)
  const signed = await ask()
  const answer = await other.authorize(
    { ...signed, body: Buffer.from(signed.body) },
    { action: 'notes:Write', resource: noteArn('1') },
  )
  assert.ok('refused' in answer)
  assert.deepEqual([answer.refused.code, answer.refused.status], ['ServiceUnavailableException', 503])
})

async function notesWorldGuard(privateKey: string) {
  const { createGuard } = await import('../../src/library/guard.ts')
  return createGuard({ ...world.guardOptions, proof: { privateKey } })
}
