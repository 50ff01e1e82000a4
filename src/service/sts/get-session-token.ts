// GetSessionToken: a user's or root's long-term key is traded for temporary credentials of the same principal, with or
// without a multi-factor code. No permission is needed, and none can forbid it.
import { refusal } from '../../wire/errors.ts'
import type { Issued } from '../operation.ts'
import { operation } from '../operation.ts'
import type { StsInput, StsOutput } from '../operations.ts'
import type { Parts } from '../parts.ts'
import { issue } from '../session/issue.ts'
import { lineageOf } from '../session/lineage.ts'
import { type Factor, presentedFactor, spending } from '../session/mfa.ts'

interface SessionTokenTarget {
  readonly factor: Factor | undefined
  issued?: Issued
}

const twelveHours = 43_200
/** Seconds. Root's sessions last an hour at most; a request for more silently gets the hour. */
export const rootMaximum = 3600

export const getSessionToken = (parts: Parts) =>
  operation<StsInput<'GetSessionToken'>, StsOutput<'GetSessionToken'>, SessionTokenTarget>({
    signature: 'required',
    async load(input, call) {
      if (call.identity.kind === 'session') {
        throw refusal('AccessDenied', 403, 'Cannot call GetSessionToken with session credentials')
      }
      return { factor: await presentedFactor(parts, call.identity, input.SerialNumber, input.TokenCode, call.now) }
    },
    checks: 'always',
    handle(input, target, call) {
      const { identity, subject } = call
      if (subject === undefined || (identity.kind !== 'user' && identity.kind !== 'root')) {
        throw new TypeError('GetSessionToken without a long-term key')
      }
      const seconds = input.DurationSeconds ?? twelveHours
      const { credentials, issued } = issue(
        parts,
        {
          kind: 'user',
          account: identity.account,
          principal: identity.principal,
          version: subject.version,
          name: subject.kind === 'user' ? subject.record.name : 'root',
          duration: identity.kind === 'root' ? Math.min(seconds, rootMaximum) : seconds,
          lineage: lineageOf(identity, subject),
          ...(target.factor === undefined ? {} : { mfaAt: Math.floor(call.now.getTime() / 1000) }),
        },
        call.now,
      )
      target.issued = issued
      return { Credentials: credentials }
    },
    commit: (_input, { factor }) => spending(factor),
    audit: { readOnly: true, issued: (_output, target) => target.issued },
  })
