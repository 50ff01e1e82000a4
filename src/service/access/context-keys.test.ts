// Keys that come with a proof stand beside those that are found out here, never in their place.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Identity } from '../../core/identity.ts'
import { passOf, roleSubject } from '../audit/testing/calls.ts'
import { describe, requestKeys } from './context-keys.ts'

const from = { address: '192.0.2.1', tls: true, userAgent: 'agent', region: 'us-east-1' }
const now = new Date('2026-03-01T12:00:00Z')
const planted = [
  'aws:principalarn',
  'aws:principalaccount',
  'aws:principaltype',
  'aws:userid',
  'aws:principalisawsservice',
  'aws:principaltag/team',
  'aws:multifactorauthpresent',
  'aws:tokenissuetime',
  'aws:sourceip',
  'aws:securetransport',
]
const own = [...planted, 'idp.example:sub'].map((name) => [name, 'planted'] as const)

test('of a session', () => {
  const subject = roleSubject()
  const pass = passOf({ kind: 'role', tags: { Team: 'red' }, keys: new Map(own) })
  const identity = { kind: 'session', pass } as const
  const keys = requestKeys(identity, describe(identity, subject), from, now)
  assert.deepEqual(
    planted.filter((name) => keys.get(name) === 'planted'),
    [],
  )
  assert.equal(keys.get('idp.example:sub'), 'planted')
})

test('of a proof that has just been verified', () => {
  const names = [
    'aws:principaltype',
    'aws:userid',
    'aws:principalisawsservice',
    'aws:federatedprovider',
    'aws:sourceip',
  ]
  const limits = {
    tags: {},
    transitive: [],
    keys: new Map(own),
    passing: new Map(names.map((name) => [name, 'planted'])),
  }
  const identity: Identity = { kind: 'proof', provider: 'idp.example', subject: 'ann', ...limits }
  const keys = requestKeys(identity, describe(identity, undefined), from, now)
  assert.deepEqual(
    names.filter((name) => keys.get(name) === 'planted'),
    [],
  )
  assert.equal(keys.get('idp.example:sub'), 'planted')
})
