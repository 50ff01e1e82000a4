// GetAccessKeyInfo: the account an access key id belongs to. The id contains it; whether the key exists is not revealed.
import { accountOfKeyId } from '../../core/ids.ts'
import { refusal } from '../../wire/errors.ts'
import { operation } from '../operation.ts'
import type { StsInput, StsOutput } from '../operations.ts'

export const getAccessKeyInfo = () =>
  operation<StsInput<'GetAccessKeyInfo'>, StsOutput<'GetAccessKeyInfo'>, undefined>({
    signature: 'required',
    load: () => undefined,
    checks: (_input, _target, call) => [
      { action: 'sts:GetAccessKeyInfo', resource: '*', owner: call.name.requester.account ?? '' },
    ],
    handle({ AccessKeyId }) {
      const account = /^(AKIA|ASIA)/.test(AccessKeyId) ? accountOfKeyId(AccessKeyId) : undefined
      if (account === undefined) throw refusal('ValidationError', 400, 'Access key ID is invalid')
      return { Account: account }
    },
    audit: { readOnly: true },
  })
