// GetCallerIdentity: who the signature belongs to. Always allowed, even under an explicit Deny.
import { operation } from '../operation.ts'
import type { StsInput, StsOutput } from '../operations.ts'

export const getCallerIdentity = () =>
  operation<StsInput<'GetCallerIdentity'>, StsOutput<'GetCallerIdentity'>, undefined>({
    signature: 'required',
    load: () => undefined,
    checks: 'always',
    handle: (_input, _target, { name }) => ({
      UserId: name.userId,
      Account: name.requester.account,
      Arn: name.requester.arn,
    }),
    audit: { readOnly: true },
  })
