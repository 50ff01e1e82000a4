// Which rate a verified token counts against. Everything else is tested with AWS's clients over a whole server.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Refusal } from '../../wire/errors.ts'
import type { Call } from '../operation.ts'
import type { Parts } from '../parts.ts'
import { assumeRoleWithWebIdentity } from './assume-role-with-web-identity.ts'

const RoleArn = 'arn:aws:iam::111122223333:role/R'

test('tokens for one app of a provider that every account has do not use up the rate of another app', async () => {
  const counted: string[] = []
  const attempt = async (audience: string) => {
    const proof = {
      kind: 'proof',
      provider: 'accounts.google.com',
      subject: 'ann',
      audience,
      tags: {},
      transitive: [],
      keys: new Map(),
    }
    const within = (kind: string, name: string) => {
      counted.push(`${kind} ${name}`)
      return false
    }
    const input = { RoleArn, RoleSessionName: 'session', WebIdentityToken: 'token' }
    const operation = assumeRoleWithWebIdentity({} as Parts)
    assert.ok('handle' in operation)
    const target = { proof, aim: {} } as unknown as Parameters<typeof operation.handle>[1]
    await assert.rejects(
      async () => operation.handle(input, target, { now: new Date(0), within } as unknown as Call, []),
      (error) => error instanceof Refusal && error.code === 'Throttling',
    )
  }
  await attempt('ours')
  await attempt('theirs')
  assert.deepEqual(counted, ['provider accounts.google.com ours', 'provider accounts.google.com theirs'])
})
