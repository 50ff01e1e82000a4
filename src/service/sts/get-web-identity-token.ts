// GetWebIdentityToken: a JWT, signed by the account's own issuer, that tells others who the caller is (STS API Reference).
// It proves nothing to this server: see isOwnIssuer.
import type { Tags } from '../../core/identity.ts'
import { uuid7 } from '../../core/ids.ts'
import { Unavailable } from '../../store/store.ts'
import { modelled, refusal } from '../../wire/errors.ts'
import { requestTagKeys } from '../access/tag-keys.ts'
import { type Call, type Check, operation } from '../operation.ts'
import type { StsInput, StsOutput } from '../operations.ts'
import { issuers, issuerUrl, knownUrl, outboundKeys } from '../outbound/issuers.ts'
import { namespace, principalClaims } from '../outbound/principal-claims.ts'
import type { Parts } from '../parts.ts'
import { tagsOrThrow } from '../session/assume.ts'
import { sessionTags } from '../session/session-tags.ts'
import { passedTags } from './input-lists.ts'

interface WebIdentityTokenTarget {
  readonly account: string
  readonly algorithm: 'RS256' | 'ES384'
  /** Seconds. */
  readonly duration: number
  readonly tags: Tags
}

const fiveMinutes = 300
/**
 * Longest payload, in bytes.
 * DIVERGES: AWS publishes no number. With this one the token stays under the 20,000 characters that STS itself accepts as a
 * web identity token.
 */
const payloadBytes = 12_288

export const getWebIdentityToken = (parts: Parts) =>
  operation<StsInput<'GetWebIdentityToken'>, StsOutput<'GetWebIdentityToken'>, WebIdentityTokenTarget>({
    signature: 'required',
    load(input, call) {
      const algorithm = input.SigningAlgorithm
      if (algorithm !== 'RS256' && algorithm !== 'ES384') {
        const what = "1 validation error detected: Value at 'signingAlgorithm' failed to satisfy constraint:"
        throw refusal('ValidationError', 400, `${what} Member must satisfy enum value set: [RS256, ES384]`)
      }
      const { tags } = tagsOrThrow(sessionTags({ tags: passedTags(input.Tags), transitive: [] }, undefined))
      const duration = input.DurationSeconds ?? fiveMinutes
      return { account: call.name.requester.account ?? '', algorithm, duration, tags }
    },
    checks(input, { account, algorithm, duration }) {
      const tags = passedTags(input.Tags)
      const keys = new Map<string, string | readonly string[]>([
        ['sts:identitytokenaudience', input.Audience ?? []],
        ['sts:signingalgorithm', algorithm],
        ['sts:durationseconds', String(duration)],
        ...requestTagKeys(tags),
      ])
      const check: Check = { action: 'sts:GetWebIdentityToken', resource: '*', owner: account, keys }
      return tags.length > 0 ? [check, { ...check, action: 'sts:TagGetWebIdentityToken' }] : [check]
    },
    async handle(input, { account, algorithm, duration, tags }, call) {
      const issuer = await parts.store.get(issuers, [account])
      if (issuer?.enabled !== true) {
        throw modelled(
          'sts',
          'OutboundWebIdentityFederationDisabledException',
          'The outbound web identity federation feature is not enabled for this account. Enable it with EnableOutboundWebIdentityFederation.',
        )
      }
      const iss = issuerUrl(knownUrl(parts), issuer)
      const iat = Math.floor(call.now.getTime() / 1000)
      const exp = iat + duration
      refuseEscalation(call, exp)
      const [first = '', ...others] = input.Audience ?? []
      const claims = {
        iss,
        sub: call.name.requester.principalArn,
        aud: others.length === 0 ? first : [first, ...others],
        iat,
        exp,
        jti: uuid7(call.now.getTime(), parts.random(10)),
        [namespace]: principalClaims(call, tags),
      }
      if (Buffer.byteLength(JSON.stringify(claims)) > payloadBytes) {
        throw modelled(
          'sts',
          'JWTPayloadSizeExceededException',
          'The requested token payload size exceeds the maximum allowed size. Reduce the number of request tags.',
        )
      }
      // A node that may have missed revocations vouches for nobody.
      if (!parts.fresh(call.now)) throw new Unavailable('the change feed is behind: no token is signed')
      const token = await parts.signers.sign(outboundKeys(account), algorithm, claims, call.now)
      return { WebIdentityToken: token, Expiration: new Date(exp * 1000) }
    },
    audit: { readOnly: true },
  })

/** A token never outlives the session that it is issued to. */
function refuseEscalation({ identity }: Call, exp: number) {
  if (identity.kind !== 'session' || exp <= identity.pass.expiresAt) return
  throw modelled(
    'sts',
    'SessionDurationEscalationException',
    'The requested token duration would extend the session beyond its original expiration time. Ask for a shorter one.',
  )
}
