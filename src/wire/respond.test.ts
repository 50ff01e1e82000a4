import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { contractOf, operationOf } from './contract.ts'
import { accessDenied, modelled, Refusal, throttling, validationError } from './errors.ts'
import { frontDoor } from './front-door.ts'
import { answerBytes, errorBytes } from './respond.ts'

const id = '0190a3a3-0000-7000-8000-000000000001'

describe('when to come back', () => {
  const unavailable = new Refusal({ code: 'ServiceUnavailable', status: 503, message: '' })
  for (const [refusal, after] of [
    [throttling('aws-query'), '1'],
    [throttling('aws-json'), '1'],
    [unavailable, '1'],
    [frontDoor('throttled', 'aws-json'), '1'],
    [modelled('cognito-identity', 'TooManyRequestsException', ''), '1'],
    [accessDenied('aws-json', ''), undefined],
    [validationError('aws-query', ''), undefined],
    [new Refusal({ code: 'InternalServerError', status: 500, message: '' }), undefined],
  ] as const) {
    it(`${refusal.code}: ${after ?? 'is not said'}`, () => {
      for (const protocol of ['aws-query', 'aws-json'] as const) {
        assert.equal(errorBytes(protocol, refusal, id).headers['retry-after'], after)
      }
      assert.equal(errorBytes('aws-query', refusal, id, { json: true }).headers['retry-after'], after)
    })
  }
})

describe('an answer', () => {
  const getCallerIdentity = operationOf('sts', 'GetCallerIdentity')
  it('of a Query service is XML', () => {
    const { status, headers } = answerBytes(getCallerIdentity, {}, id)
    assert.deepEqual([status, headers], [200, { 'content-type': 'text/xml', 'x-amzn-requestid': id }])
  })
  it('of a Query service is JSON where the request accepts it', () => {
    const { headers, body } = answerBytes(getCallerIdentity, { Account: '1', Arn: 'a', UserId: 'u' }, id, {
      json: true,
    })
    assert.equal(headers['content-type'], 'application/json')
    assert.deepEqual(JSON.parse(body), {
      GetCallerIdentityResponse: {
        GetCallerIdentityResult: { Account: '1', Arn: 'a', UserId: 'u' },
        ResponseMetadata: { RequestId: id },
      },
    })
  })
  it('in that JSON form has times as numbers, and no result where there is no output', () => {
    const credentials = { Credentials: { Expiration: new Date(1_700_000_000_000) } }
    const { body } = answerBytes(operationOf('sts', 'GetSessionToken'), credentials, id, { json: true })
    assert.match(body, /"Expiration":1700000000\}/)
    const deleted = answerBytes(operationOf('iam', 'DeleteUser'), {}, id, { json: true })
    assert.deepEqual(JSON.parse(deleted.body), { DeleteUserResponse: { ResponseMetadata: { RequestId: id } } })
  })
  it('of a JSON service is awsJson', () => {
    const { headers, body } = answerBytes(operationOf('cognito-identity', 'GetId'), { IdentityId: 'i' }, id)
    assert.deepEqual([headers['content-type'], body], ['application/x-amz-json-1.1', '{"IdentityId":"i"}'])
  })
})

describe('an answer of a REST service', () => {
  it('is JSON with the status of the operation, and times as the model has them', () => {
    const made = operationOf('rolesanywhere', 'CreateProfile')
    const { status, headers, body } = answerBytes(made, { profile: { createdAt: new Date(0) } }, id)
    assert.deepEqual([status, headers], [201, { 'content-type': 'application/json', 'x-amzn-requestid': id }])
    assert.equal(body, '{"profile":{"createdAt":"1970-01-01T00:00:00.000Z"}}')
    const assumed = answerBytes(operationOf('eks-auth', 'AssumeRoleForPodIdentity'), credentials, id)
    assert.deepEqual([assumed.status, assumed.body], [200, '{"credentials":{"expiration":1700000000.5}}'])
  })
  const credentials = { credentials: { expiration: new Date(1_700_000_000_500) } }
  it('that says nothing is an empty object', () => {
    assert.equal(answerBytes(operationOf('eks', 'TagResource'), {}, id).body, '{}')
  })
})

describe('an error of a REST service', () => {
  const error = (refusal: Refusal, service: 'eks' | 'eks-auth' | undefined) => {
    const options = service === undefined ? {} : { service: contractOf(service) }
    const { status, headers, body } = errorBytes('rest-json', refusal, id, options)
    assert.equal(headers['content-type'], 'application/json')
    return [status, headers['x-amzn-errortype'], JSON.parse(body)]
  }
  it('has its code in a header alone', () => {
    const refused = modelled('eks', 'ResourceNotFoundException', 'no', {
      detail: 'planted',
      extra: { clusterName: 'c' },
    })
    assert.deepEqual(error(refused, 'eks'), [404, 'ResourceNotFoundException', { clusterName: 'c', message: 'no' }])
  })
  it('has the status of the model, whoever refuses; what the model lacks has that of HTTP', () => {
    const denied = accessDenied('rest-json', 'm')
    assert.equal(denied.status, 403)
    assert.deepEqual(error(denied, 'eks'), [403, 'AccessDeniedException', { message: 'm' }])
    assert.deepEqual(error(denied, 'eks-auth'), [400, 'AccessDeniedException', { message: 'm' }])
    assert.deepEqual(error(frontDoor('throttled', 'rest-json'), undefined).slice(0, 2), [429, 'ThrottlingException'])
  })
})

describe('an error', () => {
  const iam = contractOf('iam')
  const organizations = contractOf('organizations')
  const refused = new Refusal({ code: 'NoSuchEntity', status: 404, message: 'no <x>\u0001', detail: 'planted-detail' })

  it('of a Query service is XML with the request id beside it', () => {
    const { status, headers, body } = errorBytes('aws-query', refused, id, { service: iam })
    assert.deepEqual([status, headers['content-type'], headers['x-amzn-requestid']], [404, 'text/xml', id])
    assert.equal(
      body,
      `<ErrorResponse xmlns="https://iam.amazonaws.com/doc/2010-05-08/"><Error><Type>Sender</Type><Code>NoSuchEntity</Code><Message>no &lt;x&gt;\ufffd</Message></Error><RequestId>${id}</RequestId></ErrorResponse>`,
    )
  })
  it('of a Query service is JSON where the request accepts it', () => {
    const { body } = errorBytes('aws-query', refused, id, { service: iam, json: true })
    assert.deepEqual(JSON.parse(body), {
      Error: { Code: 'NoSuchEntity', Message: 'no <x>\u0001', Type: 'Sender' },
      RequestId: id,
    })
  })
  it('InvalidAction alone has its own namespace', () => {
    const unknown = frontDoor('unknown-action', 'aws-query', { action: 'Fly', version: '2010-05-08' })
    const { status, body } = errorBytes('aws-query', unknown, id, { service: iam })
    assert.equal(status, 400)
    assert.match(body, /^<ErrorResponse xmlns="http:\/\/webservices\.amazon\.com\/AWSFault\/2005-15-09">/)
    assert.match(body, /<Message>Could not find operation Fly for version 2010-05-08<\/Message>/)
  })
  it('modelled by a JSON service has no namespace, and its message member is spelled as in the model', () => {
    const error = modelled('organizations', 'ConstraintViolationException', 'no', { extra: { Reason: 'X' } })
    const { status, headers, body } = errorBytes('aws-json', error, id, { service: organizations })
    assert.deepEqual(JSON.parse(body), { __type: 'ConstraintViolationException', Reason: 'X', Message: 'no' })
    assert.deepEqual([status, headers['x-amzn-errortype']], [400, 'ConstraintViolationException:'])
  })
  it("of a JSON front door stands in Coral's namespace", () => {
    const error = frontDoor('invalid-token', 'aws-json')
    const { status, body } = errorBytes('aws-json', error, id, { service: organizations })
    assert.equal(status, 400)
    assert.deepEqual(JSON.parse(body), {
      __type: 'com.amazon.coral.service#UnrecognizedClientException',
      message: 'The security token included in the request is invalid.',
    })
  })
  it('never shows its detail, in any protocol', () => {
    for (const protocol of ['aws-query', 'aws-json', 'rest-json'] as const) {
      for (const json of [true, false]) {
        const text = JSON.stringify(errorBytes(protocol, refused, id, { json, service: iam }))
        assert.ok(!text.includes('planted-detail'))
      }
    }
  })
  it('a failure of the server says nothing about its cause', () => {
    const { status, body } = errorBytes('aws-query', frontDoor('internal', 'aws-query'), id)
    assert.equal(status, 500)
    assert.match(body, /<Type>Receiver<\/Type><Code>InternalFailure<\/Code><Message>The request processing has failed/)
  })
})

describe('a constructor of refusals knows the code and status of its protocol', () => {
  const rows = [
    [accessDenied('aws-query', 'm'), 'AccessDenied', 403],
    [accessDenied('aws-json', 'm'), 'AccessDeniedException', 400],
    [validationError('aws-query', 'm'), 'ValidationError', 400],
    [validationError('aws-json', 'm'), 'ValidationException', 400],
    [accessDenied('rest-json', 'm'), 'AccessDeniedException', 403],
    [validationError('rest-json', 'm'), 'ValidationException', 400],
    [throttling('rest-json'), 'ThrottlingException', 429],
    [throttling('aws-query'), 'Throttling', 400],
    [throttling('aws-json'), 'ThrottlingException', 400],
    [modelled('sts', 'IDPRejectedClaimException', 'm'), 'IDPRejectedClaim', 403],
    [modelled('sts', 'ExpiredTokenException', 'm'), 'ExpiredTokenException', 400],
    [modelled('iam', 'CredentialReportNotPresentException', 'm'), 'ReportNotPresent', 410],
    [modelled('iam', 'ServiceFailureException', 'm'), 'ServiceFailure', 500],
    [modelled('iam', 'OrganizationNotFoundException', 'm'), 'OrganizationNotFoundException', 400],
    [modelled('cognito-identity', 'ResourceNotFoundException', 'm'), 'ResourceNotFoundException', 400],
    [modelled('cognito-identity', 'InternalErrorException', 'm'), 'InternalErrorException', 500],
  ] as const
  for (const [made, code, status] of rows) {
    it(`${code} ${status}`, () => {
      assert.deepEqual([made.code, made.status], [code, status])
      assert.equal(made.fault, status >= 500 ? 'Receiver' : 'Sender')
    })
  }
})
