import { deepEqual, equal } from 'node:assert/strict'
import { test } from 'node:test'
import { bodyObject, errorCode } from './rest-json.ts'

for (const [type, code] of [
  ['AccessDeniedException', 'AccessDeniedException'],
  ['AccessDeniedException:', 'AccessDeniedException'],
  ['AccessDeniedException:http://internal.amazon.com/coral/#x', 'AccessDeniedException'],
  ['aws.protocoltests.restjson#AccessDeniedException', 'AccessDeniedException'],
  ['aws.protocoltests.restjson#AccessDeniedException:http://internal.amazon.com/', 'AccessDeniedException'],
] as const) {
  test(`${type} is the code ${code}`, () => equal(errorCode(type), code))
}

test('a body that is no object is an empty one', () => {
  for (const text of ['', 'x', 'null', '7', '"x"']) deepEqual(bodyObject(text), {})
  deepEqual(bodyObject('{"message":"no"}'), { message: 'no' })
})
