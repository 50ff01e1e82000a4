// Guests that nobody uses are removed where the operator has set it, and nowhere else, by a chore of that server.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  DescribeIdentityCommand,
  GetCredentialsForIdentityCommand,
  GetIdCommand,
} from '@aws-sdk/client-cognito-identity'
import { choresOf } from '../../src/app/server-chores.ts'
import { textsOf } from './journals.ts'
import { makePool } from './pools.ts'
import { testServer } from './server.ts'

const dayMs = 86_400_000

const server = await testServer()
const admin = server.as(server.root)

const removal = (days: number | undefined) =>
  choresOf(server.engine, { 'guest-identity-days': days }, undefined).find(
    ([name]) => name === 'the removal of unused guests',
  )

test('a server removes no guests by default', () => assert.equal(removal(undefined), undefined))

test('a guest that nobody used for so many days goes, with a record; one that was used stays', async () => {
  const { IdentityPoolId } = await makePool(admin)
  const guest = async () => (await admin.cognito.send(new GetIdCommand({ IdentityPoolId }))).IdentityId ?? ''
  const [unused, used] = [await guest(), await guest()]
  await server.move(20 * dayMs)
  await admin.cognito.send(new GetCredentialsForIdentityCommand({ IdentityId: used }))
  await server.move(15 * dayMs)
  await removal(30)?.[2]()
  const describe = (IdentityId: string) => admin.cognito.send(new DescribeIdentityCommand({ IdentityId }))
  await describe(used)
  await assert.rejects(describe(unused), { name: 'ResourceNotFoundException' })
  const records = (await textsOf(server.engine.store, 'audit')).filter((text) => text.includes('ExpireGuestIdentities'))
  assert.equal(records.length, 1)
  assert.match(records[0] ?? '', /"identities":1,"unusedForDays":30/)
})
