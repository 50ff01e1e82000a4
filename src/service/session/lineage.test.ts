// Whether somebody vouches for a session: settled when its chain begins, and handed down.

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Identity, Voucher } from '../../core/identity.ts'
import { passOf } from '../audit/testing/calls.ts'
import { attestationOf } from './attestations.ts'
import { lineageOf } from './lineage.ts'

const proof = (voucher: Voucher): Identity => ({
  kind: 'proof',
  provider: 'provider',
  subject: 'ann',
  voucher,
  tags: {},
  transitive: [],
  keys: new Map(),
})
const key = { account: '111122223333', principal: 'AIDAANN2345678901234Z', accessKeyId: 'AKIAQNZGKIQY56JQ7WML' }
const attestation = { id: 'machine/i-0abc', principal: 'i-0abc', version: 2, account: key.account }
const machine: Identity = {
  ...{ kind: 'service', name: 'ec2.amazonaws.com', subject: 'i-0abc', attestation },
  source: { account: key.account },
  keys: new Map(),
}

describe('where a workload’s session comes from', () => {
  it('what vouches for it is the first ancestor, and it is revoked by service and workload', () => {
    const { ancestors, by, chained } = lineageOf(machine, undefined)
    assert.deepEqual(
      { ancestors, by, chained },
      { ancestors: [attestation], by: 'ec2.amazonaws.com i-0abc', chained: false },
    )
    assert.deepEqual(attestationOf({ ancestors }), attestation)
  })
  it('nothing else is taken for what vouches', () => {
    assert.equal(attestationOf({ ancestors: lineageOf({ kind: 'user', ...key }, undefined).ancestors }), undefined)
  })
})

describe('whether a session is vouched for', () => {
  const rows: readonly (readonly [string, Identity, boolean])[] = [
    ['a user’s key', { kind: 'user', ...key }, true],
    ['root’s key', { kind: 'root', ...key }, true],
    ['a service for a workload', machine, true],
    ['a provider of the account’s own', proof('account'), true],
    ['a shared provider, whose bearer the trust policy names', proof('trust'), true],
    ['a guest', proof('nobody'), false],
  ]
  for (const [name, identity, vouched] of rows)
    it(`begun by ${name}: ${vouched}`, () => assert.equal(lineageOf(identity, undefined).vouched, vouched))

  it('is inherited by all its descendants', () => {
    for (const vouched of [true, false]) {
      const first = lineageOf({ kind: 'session', pass: passOf({ vouched }) }, undefined)
      assert.equal(first.vouched, vouched)
      const second = lineageOf({ kind: 'session', pass: passOf({ ...first }) }, undefined)
      assert.equal(second.vouched, vouched)
    }
  })
})
