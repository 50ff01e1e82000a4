// Exact refusals as a client reads them: code, status and message.
import assert from 'node:assert/strict'

export type Refused = readonly [code: string, status: number, message: string]

/** Asserts that a call is refused so. */
export async function refused(call: Promise<unknown>, told: Refused): Promise<void> {
  await refusedId(call, told)
}

/** Asserts that a call is refused so, and returns the request id. */
export async function refusedId(call: Promise<unknown>, [code, status, message]: Refused): Promise<string> {
  let answered: unknown
  try {
    answered = await call
  } catch (error) {
    const {
      name,
      message: said,
      $metadata,
    } = error as Error & {
      $metadata?: { httpStatusCode?: number; requestId?: string }
    }
    assert.deepEqual([name, $metadata?.httpStatusCode, said], [code, status, message])
    return $metadata?.requestId ?? ''
  }
  assert.fail(`answered instead of ${code}: ${JSON.stringify(answered)}`)
}

/** AccessDenied in AWS's sentence. */
export const denied = (arn: string, action: string, resource: string, because = ''): Refused => [
  'AccessDenied',
  403,
  `User: ${arn} is not authorized to perform: ${action} on resource: ${resource}${because}`,
]

export const noIdentityPolicy = (action: string) => ` because no identity-based policy allows the ${action} action`
export const noSessionPolicy = (action: string) => ` because no session policy allows the ${action} action`

/** AccessDenied to list users, which are those of the caller's account. */
export const noUserList = (arn: string, because: string) =>
  denied(arn, 'iam:ListUsers', `arn:aws:iam::${arn.split(':')[4]}:user/`, because)

export const invalidToken: Refused = [
  'InvalidClientTokenId',
  403,
  'The security token included in the request is invalid.',
]
export const tokenWithoutMfa: Refused = [
  'InvalidClientTokenId',
  403,
  'The security token included in the request is invalid',
]
export const expiredToken: Refused = ['ExpiredToken', 403, 'The security token included in the request is expired']
export const wrongCode: Refused = [
  'AccessDenied',
  403,
  'MultiFactorAuthentication failed with invalid MFA one time pass code. ',
]
export const wrongSerial: Refused = [
  'AccessDenied',
  403,
  'MultiFactorAuthentication failed, unable to validate MFA code.  Please verify your MFA serial number is valid and associated with this user.',
]
