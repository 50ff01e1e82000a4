// Outbound web identity federation of an account: on, off, and the issuer's URL (IAM API Reference).
import { uuid7 } from '../../../core/ids.ts'
import { isoSeconds } from '../../../core/time.ts'
import { modelled } from '../../../wire/errors.ts'
import { accountOf } from '../../access/caller-account.ts'
import { type Issuer, issuers, issuerUrl, knownUrl } from '../../outbound/issuers.ts'
import type { Parts } from '../../parts.ts'
import { check } from '../checks.ts'
import { changes, reads } from '../define.ts'

const disabled = () =>
  modelled('iam', 'FeatureDisabledException', 'Outbound web identity federation is not enabled for this account.')

export const outboundOperations = (parts: Parts) => ({
  EnableOutboundWebIdentityFederation: changes<'EnableOutboundWebIdentityFederation'>()({
    load(_, call) {
      const account = accountOf(call)
      const createdAt = isoSeconds(call.now)
      const made: Issuer = { account, id: uuid7(call.now.getTime(), parts.random(10)), enabled: true, createdAt }
      return made
    },
    checks: (_, { account }) => [check('EnableOutboundWebIdentityFederation', '*', account)],
    async change(tx, _, made) {
      const publicUrl = knownUrl(parts)
      const there = await tx.get(issuers, [made.account])
      if (there?.enabled === true) {
        const words = 'Outbound web identity federation is already enabled for this account.'
        throw modelled('iam', 'FeatureEnabledException', words)
      }
      if (there === undefined) await tx.create(issuers, made)
      else await tx.replace(issuers, { ...there, enabled: true })
      return { IssuerIdentifier: issuerUrl(publicUrl, there ?? made) }
    },
  }),

  DisableOutboundWebIdentityFederation: changes<'DisableOutboundWebIdentityFederation'>()({
    load: (_, call) => accountOf(call),
    checks: (_, account) => [check('DisableOutboundWebIdentityFederation', '*', account)],
    async change(tx, _, account) {
      const there = await tx.get(issuers, [account])
      if (there?.enabled !== true) throw disabled()
      await tx.replace(issuers, { ...there, enabled: false })
      return {}
    },
  }),

  GetOutboundWebIdentityFederationInfo: reads<'GetOutboundWebIdentityFederationInfo'>()({
    load: (_, call) => accountOf(call),
    checks: (_, account) => [check('GetOutboundWebIdentityFederationInfo', '*', account)],
    async handle(_, account) {
      const there = await parts.store.get(issuers, [account])
      if (there?.enabled !== true) throw disabled()
      return { IssuerIdentifier: issuerUrl(knownUrl(parts), there), JwtVendingEnabled: true }
    },
  }),
})
