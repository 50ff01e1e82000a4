// Opaque access tokens of Facebook and Login with Amazon as a kind of proof: the bearer or the identity pool names the
// provider.
import type { Json } from '../../wire/json-text.ts'
import type { ProofKind } from '../proof.ts'
import { type Inspector, type OauthProvider, oauthProviders } from './inspect.ts'

/** The claim that names the user, by provider. */
const subjectClaims: Readonly<Record<OauthProvider, string>> = {
  'graph.facebook.com': 'id',
  'www.amazon.com': 'user_id',
}

const isOauth = (name: string | undefined): name is OauthProvider =>
  oauthProviders.some((provider) => provider === name)

const noAttributes = { tags: [], transitive: [], sourceIdentity: undefined }

export function oauthTokens(inspector: Inspector): ProofKind {
  return {
    name: 'oauth',
    read({ text, address, providerId, expected }) {
      const provider = expected?.provider ?? providerId
      if (!isOauth(provider)) return undefined
      return {
        async verify(now) {
          const inspected = await inspector.inspect(provider, text, now, address)
          if ('rejected' in inspected) return inspected
          const { subject, app, expiresAt } = inspected
          const claims = [
            ['app_id', app],
            [subjectClaims[provider], subject],
          ] as const
          return {
            ...{ provider, subject, voucher: 'nobody', audience: app, expiresAt },
            claims: new Map<string, Json>(claims),
            conditionKeys: () => ({ prefix: provider, wholeSession: new Map(claims), others: 'unknown' }),
            sessionAttributes: () => noAttributes,
          }
        },
      }
    },
    reserves: (issuer) => isOauth(issuer.replace(/^https?:\/\//, '').toLowerCase()),
  }
}
