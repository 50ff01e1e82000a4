import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { contractOf } from './contract.ts'
import type { ErrorName, Input, OperationName, Output, Sdk } from './operations.ts'

// Each table compiles only if it names every key of its type and no other; the tests compare them with the contract.
const stsOperations: { readonly [K in OperationName<Sdk['sts']>]: true } = {
  AssumeRole: true,
  AssumeRoleWithSAML: true,
  AssumeRoleWithWebIdentity: true,
  AssumeRoot: true,
  DecodeAuthorizationMessage: true,
  GetAccessKeyInfo: true,
  GetCallerIdentity: true,
  GetDelegatedAccessToken: true,
  GetFederationToken: true,
  GetSessionToken: true,
  GetWebIdentityToken: true,
}

const stsErrors: { readonly [K in ErrorName<Sdk['sts']>]: true } = {
  ExpiredTokenException: true,
  ExpiredTradeInTokenException: true,
  IDPCommunicationErrorException: true,
  IDPRejectedClaimException: true,
  InvalidAuthorizationMessageException: true,
  InvalidIdentityTokenException: true,
  JWTPayloadSizeExceededException: true,
  MalformedPolicyDocumentException: true,
  OutboundWebIdentityFederationDisabledException: true,
  PackedPolicyTooLargeException: true,
  RegionDisabledException: true,
  SessionDurationEscalationException: true,
}

describe("handlers' types and the contract agree", () => {
  it('about the operations of STS', () => {
    assert.deepEqual(Object.keys(stsOperations).sort(), [...contractOf('sts').operationNames].sort())
  })

  it('about the errors of STS', () => {
    assert.deepEqual(Object.keys(stsErrors).sort(), [...contractOf('sts').errorNames].sort())
  })

  it('about required members, which a handler receives without undefined', () => {
    const input: Input<Sdk['sts'], 'AssumeRole'> = { RoleArn: 'a', RoleSessionName: 's' }
    const text: string = input.RoleArn
    // @ts-expect-error a required member is missing
    const short: Input<Sdk['sts'], 'AssumeRole'> = { RoleArn: 'a' }
    // @ts-expect-error $metadata is the client's
    const output: Output<Sdk['sts'], 'GetCallerIdentity'> = { $metadata: {} }
    const required = contractOf('sts')
      .operation('AssumeRole')
      ?.input?.members.filter((member) => member.required)
    assert.deepEqual(
      required?.map(({ name }) => name),
      Object.keys(input),
    )
    assert.ok(text && short && output)
  })
})
