import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { contractOf, findByAction, findByTarget, operationOf } from './contract.ts'
import { serviceNames } from './services.ts'
import type { Shape } from './shape.ts'

/** Every structure that a shape holds, itself included, with the names of its members. */
function structuresOf(
  shape: Shape,
  found = new Map<Shape, readonly string[]>(),
): ReadonlyMap<Shape, readonly string[]> {
  if (found.has(shape)) return found
  if (shape.kind === 'list') structuresOf(shape.item, found)
  if (shape.kind === 'map') structuresOf(shape.value, found)
  if (shape.kind === 'structure') {
    const { members } = shape
    found.set(
      shape,
      members.map(({ name }) => name),
    )
    for (const member of members) structuresOf(member.shape, found)
  }
  return found
}

describe('the contract', () => {
  it('has every operation of each service', () => {
    const counts = serviceNames.map((service) => [service, contractOf(service).operationNames.length])
    assert.deepEqual(counts, [
      ['sts', 11],
      ['iam', 180],
      ['organizations', 63],
      ['cognito-identity', 23],
      ['dynamodb', 62],
      ['dynamodb-streams', 4],
      ['rolesanywhere', 31],
      ['eks', 70],
      ['eks-auth', 1],
    ])
  })
  it('says where each service is found', () => {
    const { signingName, version, namespace, targetPrefix } = contractOf('iam')
    assert.deepEqual(
      [signingName, version, namespace, targetPrefix],
      ['iam', '2010-05-08', 'https://iam.amazonaws.com/doc/2010-05-08/', undefined],
    )
    for (const service of serviceNames) {
      const contract = contractOf(service)
      // Those are found by their paths: rest-json.test.ts.
      if (contract.protocol === 'rest-json') continue
      const [name] = contract.operationNames as [string]
      const found =
        contract.targetPrefix === undefined
          ? findByAction(name, contract.version)
          : findByTarget(`${contract.targetPrefix}.${name}`)
      assert.equal(found, contract.operation(name), service)
    }
  })
  it('names the operations that need no signature', () => {
    const unsigned = serviceNames.flatMap((service) => {
      const contract = contractOf(service)
      return contract.operationNames.filter((name) => contract.operation(name)?.auth === 'none')
    })
    assert.deepEqual(unsigned, [
      'AssumeRoleWithSAML',
      'AssumeRoleWithWebIdentity',
      'GetCredentialsForIdentity',
      'GetId',
      'GetOpenIdToken',
      'UnlinkIdentity',
      'CreateSession',
    ])
  })
  it('marks what is secret', () => {
    const secrets = ['SecretAccessKey', 'SessionToken', 'Expiration'].map((name) => {
      const output = operationOf('sts', 'AssumeRole').output
      const credentials = output?.members.find((member) => member.name === 'Credentials')?.shape
      assert.ok(credentials?.kind === 'structure')
      return credentials.members.find((member) => member.name === name)?.shape.sensitive ?? false
    })
    assert.deepEqual(secrets, [true, false, false])
  })
  it('finds nothing under inherited or foreign names', () => {
    for (const name of ['__proto__', 'constructor', 'toString', '', 'assumeRole', 'AssumeRole ']) {
      assert.equal(findByAction(name, '2011-06-15'), undefined, name)
      assert.equal(findByTarget(`AWSCognitoIdentityService.${name}`), undefined, name)
    }
    for (const target of [
      '',
      '.',
      'GetId',
      'AWSCognitoIdentityService',
      '__proto__.GetId',
      'x.AWSCognitoIdentityService.GetId',
    ]) {
      assert.equal(findByTarget(target), undefined, target)
    }
    assert.equal(findByAction('AssumeRole', '2010-05-08'), undefined)
    assert.equal(findByAction('AssumeRole', ''), undefined)
  })
  it('has no two members of one structure, and none beside Action and Version, that differ in case alone', () => {
    for (const service of serviceNames) {
      const contract = contractOf(service)
      for (const name of contract.operationNames) {
        const input = contract.operation(name)?.input
        if (input === undefined) continue
        const reserved = contract.protocol === 'aws-query' ? ['action', 'version'] : []
        for (const [at, names] of structuresOf(input)) {
          const folded: readonly string[] = [
            ...names.map((member) => member.toLowerCase()),
            ...(at === input ? reserved : []),
          ]
          assert.equal(new Set(folded).size, folded.length, `${name}: ${names}`)
        }
      }
    }
  })
  it('has every name of an error that an operation lists', () => {
    for (const service of serviceNames) {
      const contract = contractOf(service)
      for (const name of contract.operationNames) {
        for (const error of contract.operation(name)?.errors ?? [])
          assert.ok(contract.error(error), `${name}: ${error}`)
      }
    }
  })
  it('resolves every shape, the ones that contain themselves included', () => {
    const shape = operationOf('organizations', 'DescribeHandshake').output
    assert.ok(shape?.members[0]?.shape.kind === 'structure')
    const resources = shape.members[0].shape.members.find(({ name }) => name === 'Resources')?.shape
    assert.ok(resources?.kind === 'list' && resources.item.kind === 'structure')
    assert.equal(resources.item.members.find(({ name }) => name === 'Resources')?.shape, resources)
  })
})
