// DecodeAuthorizationMessage: why a call was refused, as far as the caller's account may know.
// DIVERGES: AWS expects the encoded message that some refusals carry; here the message is the request id of the refused call,
// which every answer carries.
import { modelled } from '../../wire/errors.ts'
import { decoded } from '../audit/caller-view.ts'
import { why } from '../audit/why.ts'
import { operation } from '../operation.ts'
import type { StsInput, StsOutput } from '../operations.ts'
import type { Parts } from '../parts.ts'
import { createTurns } from '../turns.ts'

export const decodeAuthorizationMessage = ({ store }: Parts) => {
  // An unknown id costs reading all that was recorded about its time.
  const inTurn = createTurns()
  return operation<StsInput<'DecodeAuthorizationMessage'>, StsOutput<'DecodeAuthorizationMessage'>, undefined>({
    signature: 'required',
    load: () => undefined,
    checks: (_input, _target, call) => [
      { action: 'sts:DecodeAuthorizationMessage', resource: '*', owner: call.name.requester.account ?? '' },
    ],
    async handle({ EncodedMessage }, _target, call) {
      const account = call.name.requester.account ?? ''
      const answer = await inTurn(account, () => why(store, EncodedMessage))
      const message = answer && decoded(answer, account)
      // The same answer for an id that never was, one of an allowed call, and another account's.
      if (message === undefined) {
        throw modelled(
          'sts',
          'InvalidAuthorizationMessageException',
          'The message cannot be decoded: it is no request id of a refused call of your account.',
        )
      }
      return { DecodedMessage: message }
    },
    audit: { readOnly: true, request: () => null },
  })
}
