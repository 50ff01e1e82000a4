// aws:RequestedRegion: the scope's region for services that have regions, us-east-1 for IAM and Organizations, whatever
// a caller writes into its scope.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { allow, type Person, person } from './people.ts'
import { send, signed } from './raw.ts'
import { testServer } from './server.ts'

const server = await testServer()
const root = server.as(server.root)
const within = (region: string) => allow('*', '*', { StringEquals: { 'aws:RequestedRegion': region } })
const european = await person(root, 'european', within('eu-west-1'))
const american = await person(root, 'american', within('us-east-1'))

const rows: readonly (readonly [
  rule: string,
  who: () => Person,
  service: 'iam' | 'sts',
  action: string,
  region: string,
  status: number,
])[] = [
  ['a scope of another region does not take IAM there', () => european, 'iam', 'ListUsers', 'eu-west-1', 403],
  ['nor a scope of its own', () => european, 'iam', 'ListUsers', 'us-east-1', 403],
  ['IAM is in us-east-1, wherever its client signs for', () => american, 'iam', 'ListUsers', 'eu-central-1', 200],
  ['STS is in the region that is signed for', () => european, 'sts', 'GetFederationToken', 'eu-west-1', 200],
  ['and in no other', () => american, 'sts', 'GetFederationToken', 'eu-west-1', 403],
]

describe('the region that policies see', () => {
  for (const [rule, who, service, Action, region, status] of rows)
    test(rule, async () => {
      const parameters = { Action, ...(Action === 'GetFederationToken' ? { Name: 'someone' } : {}) }
      const ask = { keys: who().keys, now: server.now(), service, parameters, signer: { region } }
      assert.equal((await send(server.port, signed(server.port, ask))).status, status)
    })
})
