// The token by which the broker is known at a target: who the person is, with AWS's claims of source identity and session tags (IAM User
// Guide, "Passing session tags using AssumeRoleWithWebIdentity"; federation/oidc/session-claims.ts reads the same).
import { uuid7 } from '../../core/ids.ts'
import { sourceClaim, tagsClaim } from '../../federation/oidc/session-claims.ts'
import type { Target } from '../../service/contracts/people-table.ts'
import { brokerIssuer, brokerIssuerUrl, brokerKeys } from '../../service/outbound/broker-issuer.ts'
import type { Parts } from '../../service/parts.ts'
import type { Tag } from '../../service/records.ts'
import { Unavailable } from '../../store/store.ts'
import { refusal } from '../../wire/errors.ts'

export type TokenParts = Pick<Parts, 'store' | 'signers' | 'random' | 'fresh' | 'publicUrl' | 'issuerUrl'>

export interface TokenContents {
  /** `sub` and source identity. */
  readonly name: string
  readonly tags: readonly Tag[]
  readonly audience: Target['audience']
}

export interface BrokerToken {
  readonly text: string
  /** `jti`: what the audit knows it by. */
  readonly id: string
}

/** INVARIANT: no token of the broker lives longer: a target takes it as often as it likes until then. */
const fiveMinutes = 300

export async function brokerToken(parts: TokenParts, contents: TokenContents, now: Date): Promise<BrokerToken> {
  const { name, tags, audience } = contents
  // A node that may have missed revocations vouches for nobody.
  if (!parts.fresh(now)) throw new Unavailable('the change feed is behind: no token is signed')
  const iss = brokerIssuerUrl(parts, await brokerIssuer(parts.store, parts.random, now))
  if (iss === undefined) {
    const words = 'This server has neither a public URL nor an issuer URL, so no target can verify who it is.'
    throw refusal('ValidationError', 400, words)
  }
  const iat = Math.floor(now.getTime() / 1000)
  const id = uuid7(now.getTime(), parts.random(10))
  const claims = {
    ...{ iss, sub: name, aud: audience, iat, exp: iat + fiveMinutes, jti: id },
    ...(tags.length === 0 ? {} : { [tagsClaim]: { principal_tags: listed(tags) } }),
    [sourceClaim]: name,
  }
  return { id, text: await parts.signers.sign(brokerKeys, 'RS256', claims, now) }
}

/** Each value in a list of one, as AWS writes it. A null prototype: a tag may be called __proto__. */
const listed = (tags: readonly Tag[]) =>
  Object.assign(
    Object.create(null) as Record<string, readonly string[]>,
    Object.fromEntries(tags.map(({ Key, Value }) => [Key, [Value]])),
  )
