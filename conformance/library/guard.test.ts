// An API behind the guard, over real sockets: signed by AWS's signer, decided by policies that are in Hallpass.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { arn } from '../../src/library/guard.ts'
import { assume, document, listen, noteArn, notesWorld, role, send, sign, statement, user } from './notes-kit.ts'

const world = await notesWorld()
const { guard, clock } = world
const reader = await role(world, 'Reader', document(statement('Allow', 'notes:Read', noteArn('*'))))
const alice = await user(world, 'alice', document(statement('Allow', 'sts:*', '*')))

const port = await listen(
  guard.node(
    (request) => ({
      action: request.method === 'GET' ? 'notes:Read' : 'notes:Write',
      resource: arn`arn:aws:notes:eu-west-1:111122223333:note/${decodeURIComponent(request.url?.split('/')[2]?.split('?')[0] ?? '')}`,
    }),
    (_request, response, { caller, body }) => {
      response.writeHead(200, { 'content-type': 'application/json' })
      response.end(JSON.stringify({ by: caller.arn, got: Buffer.from(body).toString() }))
    },
  ),
)
const host = `localhost:${port}`

describe('a guarded API', () => {
  test('lets a role’s session in, as its policy says', async () => {
    const keys = await assume(world, alice, reader)
    const answer = await send(port, await sign(keys, clock.now, host))
    assert.deepEqual(world.problems, [])
    assert.deepEqual(
      [answer.status, answer.body],
      [200, { by: 'arn:aws:sts::111122223333:assumed-role/Reader/s1', got: '' }],
    )
  })
  test('refuses what it does not say, in AWS’s words', async () => {
    const keys = await assume(world, alice, reader)
    const answer = await send(port, await sign(keys, clock.now, host, { method: 'PUT', body: 'x' }))
    assert.equal(answer.status, 403)
    assert.equal(answer.headers['x-amzn-errortype'], 'AccessDeniedException')
    assert.equal(
      answer.body.message,
      `User: arn:aws:sts::111122223333:assumed-role/Reader/s1 is not authorized to perform: notes:Write on resource: ${noteArn('1')} because no identity-based policy allows the notes:Write action`,
    )
  })
})
