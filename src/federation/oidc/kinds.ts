// The kinds of proof that are signed tokens (OpenID Connect Core 1.0, 2): of providers that an account registered, of those
// that are known without a record, and of this server's own issuers, which prove nothing here.

import { oidcProviderArn } from '../../core/arn.ts'
import type { Voucher } from '../../core/identity.ts'
import type { Maybe } from '../../core/maybe.ts'
import { isSharedIssuer } from '../../core/policy/tenancy.ts'
import type { Trust } from '../fetch.ts'
import { google } from '../names.ts'
import type { PresentedProof, ProofKind, RejectedProof, UnprovenProof, VerifiedProof } from '../proof.ts'
import { type ExtraClaims, keyClaims } from './condition-keys.ts'
import type { KeyOwner } from './key-source.ts'
import { sessionClaims } from './session-claims.ts'
import type { Unverified } from './token.ts'
import { type Issuer, type VerifiedToken, type VerifyOptions, verifyToken } from './verify.ts'

/** A provider as proofs of it name it. */
interface Vouching {
  /** ARN or name: the Federated principal. */
  readonly provider: string
  /** What its condition keys begin with. */
  readonly name: string
  readonly voucher: Voucher
  readonly claims?: ExtraClaims
}

/** A provider of an account's record, with what the operator says of it. */
export interface RegisteredIssuer extends Issuer {
  /** The issuer without its scheme. */
  readonly url: string
  readonly claims?: ExtraClaims
}

const apple = 'appleid.apple.com'
const longestIssuer = 263

const proofOf = ({ provider, name, voucher, claims }: Vouching, token: VerifiedToken): VerifiedProof => ({
  provider,
  voucher,
  subject: token.subject,
  audience: token.audience,
  expiresAt: token.expiresAt,
  claims: token.claims,
  keys: () => keyClaims(name, token, claims),
  limits: () => sessionClaims(token.claims),
})

/** The `iss` of a proof that nobody but its own text says a word of. */
export function issuerOf({ providerId, expected, token }: PresentedProof): string | undefined {
  if (providerId !== undefined || expected !== undefined) return undefined
  const read = token()
  const iss = 'problem' in read ? undefined : read.claims.get('iss')
  return typeof iss === 'string' ? iss : undefined
}

/** A token that can be read, and who verifies it. */
function signed(
  { token }: PresentedProof,
  verify: (token: Unverified, now: Date) => Promise<VerifiedProof | RejectedProof>,
): UnprovenProof | RejectedProof {
  const read = token()
  if ('problem' in read) return { rejected: read.problem, detail: read.detail }
  return { verify: (now) => verify(read, now) }
}

/** Verifies tokens against an issuer that is known. */
const against =
  (vouching: Vouching, issuer: Issuer, verifying: VerifyOptions) =>
  async (token: Unverified, now: Date): Promise<VerifiedProof | RejectedProof> => {
    const verified = await verifyToken(token, issuer, now, verifying)
    return 'rejected' in verified ? verified : proofOf(vouching, verified)
  }

export interface GoogleOptions {
  readonly issuer: string
  readonly trust: Trust
}

/** Google: known to every account without a record. Which of its clients may come is the trust policy's to say. */
export function googleTokens({ issuer, trust }: GoogleOptions, verifying: VerifyOptions): ProofKind {
  const aliases = issuer === `https://${google}` ? [google] : []
  const issuers: ReadonlySet<string> = new Set([issuer, ...aliases])
  const vouching = { provider: google, name: google, voucher: 'nobody' } as const
  return {
    name: 'google',
    read(proof) {
      const { expected } = proof
      if (expected === undefined ? !issuers.has(issuerOf(proof) ?? '') : expected.provider !== google) return undefined
      const clientIds = expected === undefined ? 'any' : (expected.audiences ?? [])
      const known = { id: `built-in ${google}`, issuer, aliases, clientIds, trust } as const
      return signed(proof, against(vouching, known, verifying))
    },
    reserves: (one) => issuers.has(one),
  }
}

/** Where the keys of an issuer that has no record come from: what the operator says of it for the account holds. */
export type KnownOwner = (account: string, issuer: string) => KeyOwner

/** Apple, as a login of identity pools; anywhere else it is a provider like others, that an account registers. */
export function appleTokens(owner: KnownOwner, verifying: VerifyOptions): ProofKind {
  const vouching = { provider: apple, name: apple, voucher: 'nobody' } as const
  return {
    name: 'apple',
    read(proof) {
      const { account, expected } = proof
      if (expected?.provider !== apple || expected.audiences === undefined) return undefined
      const issuer = { ...owner(account, `https://${apple}`), clientIds: expected.audiences }
      return signed(proof, against(vouching, issuer, verifying))
    },
  }
}

/** ID tokens of Cognito's user pools, as logins of identity pools, by their names `cognito-idp.REGION.amazonaws.com/POOL`. */
export function userPoolTokens(owner: KnownOwner, verifying: VerifyOptions): ProofKind {
  return {
    name: 'user pool',
    read(proof) {
      const { account, expected } = proof
      if (!expected?.provider.startsWith('cognito-idp.') || expected.audiences === undefined) return undefined
      const name = expected.provider
      const issuer = { ...owner(account, `https://${name}`), clientIds: expected.audiences }
      const verify = against({ provider: name, name, voucher: 'account' }, issuer, verifying)
      return signed(proof, async (token, now) => {
        const verified = await verify(token, now)
        if ('rejected' in verified || verified.claims.get('token_use') === 'id') return verified
        return { rejected: 'malformed', detail: 'not an ID token' }
      })
    },
  }
}

/**
 * Tokens that this server's own issuers signed.
 * INVARIANT: what this server vouches for elsewhere proves nothing here: it would turn a short session, of a chain, into a
 * new long one.
 */
export function ownTokens(isOwn: (issuer: string) => boolean): ProofKind {
  return {
    name: 'own',
    read(proof) {
      const iss = issuerOf(proof)
      if (iss === undefined || !isOwn(iss)) return undefined
      return { rejected: 'issuer', detail: `${iss} is this server's own` }
    },
    reserves: isOwn,
  }
}

export interface RegisteredOptions {
  /** The record of an account, by the issuer without its scheme. */
  readonly find: (account: string, url: string) => Maybe<RegisteredIssuer | undefined>
  readonly isOwn: (issuer: string) => boolean
  readonly verifying: VerifyOptions
}

/**
 * Tokens of the providers that an account registered. A text of which nobody says who vouches for it, and that is of no other
 * kind, would have to be one of these: this kind says what is wrong with it, so it stands last.
 */
export function registeredTokens({ find, isOwn, verifying }: RegisteredOptions): ProofKind {
  const by = (account: string, issuer: RegisteredIssuer) => {
    const { url, claims } = issuer
    const voucher = isSharedIssuer(url) ? 'trust' : 'account'
    return against({ provider: oidcProviderArn(account, url), name: url, voucher, claims }, issuer, verifying)
  }

  /** A login of the provider that an identity pool names. */
  const login = (proof: PresentedProof, url: string) =>
    signed(proof, async (token, now) => {
      const found = await find(proof.account, url)
      if (found !== undefined && !isOwn(found.issuer)) return by(proof.account, found)(token, now)
      return { rejected: 'not-offered', detail: 'the account has no such provider' }
    })

  return {
    name: 'oidc',
    read(proof) {
      const { account, providerId, expected } = proof
      if (expected !== undefined) {
        const url = urlOfArn(expected.provider)
        return url === undefined ? undefined : login(proof, url)
      }
      if (providerId !== undefined) return undefined
      return signed(proof, async (token, now) => {
        const iss = token.claims.get('iss')
        if (typeof iss !== 'string') {
          return { rejected: token.claims.has('iss') ? 'bad-claim' : 'missing-claim', detail: 'iss' }
        }
        const url = iss.replace(/^https?:\/\//, '')
        const found = iss.length > longestIssuer || url === iss ? undefined : await find(account, url)
        if (found?.issuer === iss) return by(account, found)(token, now)
        return { rejected: 'no-provider', detail: iss.slice(0, longestIssuer) }
      })
    },
  }
}

const arnMark = ':oidc-provider/'

/** The URL, without its scheme, in an OpenID Connect provider's ARN. */
function urlOfArn(arn: string): string | undefined {
  const at = arn.startsWith('arn:') ? arn.indexOf(arnMark) : -1
  return at < 0 ? undefined : arn.slice(at + arnMark.length)
}
