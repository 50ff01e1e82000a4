// The kinds of proof that are signed tokens (OpenID Connect Core 1.0, 2): of providers that an account registered, of those
// that need no registration, and of this server's own issuers, which prove nothing here.
import { oidcProviderArn } from '../../core/arn.ts'
import type { Voucher } from '../../core/identity.ts'
import type { Maybe } from '../../core/maybe.ts'
import { isSharedIssuer } from '../../core/policy/tenancy.ts'
import type { Trust } from '../fetch.ts'
import { google } from '../names.ts'
import type { ParsedProof, ProofKind, RejectedProof, UnverifiedProof, VerifiedProof } from '../proof.ts'
import { type ExtraClaims, keyClaims } from './condition-keys.ts'
import type { KeyOwner } from './key-source.ts'
import { sessionClaims } from './session-claims.ts'
import type { UnverifiedToken } from './token.ts'
import { type Issuer, type VerifiedToken, type VerifyOptions, verifyToken } from './verify.ts'

/** How a verified proof names its provider. */
interface Vouching {
  /** ARN or name: the Federated principal. */
  readonly provider: string
  /** What its condition keys begin with. */
  readonly name: string
  readonly voucher: Voucher
  readonly claims?: ExtraClaims
}

/** A provider that an account registered, with the operator's settings for it. */
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
  conditionKeys: () => keyClaims(name, token, claims),
  sessionAttributes: () => sessionClaims(token.claims),
})

/** The `iss` of a token, where neither its bearer nor the caller names its provider. */
export function issuerOf({ providerId, expected, token }: ParsedProof): string | undefined {
  if (providerId !== undefined || expected !== undefined) return undefined
  const read = token()
  const iss = 'problem' in read ? undefined : read.claims.get('iss')
  return typeof iss === 'string' ? iss : undefined
}

/** A proof that can be parsed as a token, with what verifies it. */
function signed(
  { token }: ParsedProof,
  verify: (token: UnverifiedToken, now: Date) => Promise<VerifiedProof | RejectedProof>,
): UnverifiedProof | RejectedProof {
  const read = token()
  if ('problem' in read) return { rejected: read.problem, detail: read.detail }
  return { verify: (now) => verify(read, now) }
}

/** Verifies tokens as those of one issuer. */
const against =
  (vouching: Vouching, issuer: Issuer, verifying: VerifyOptions) =>
  async (token: UnverifiedToken, now: Date): Promise<VerifiedProof | RejectedProof> => {
    const verified = await verifyToken(token, issuer, now, verifying)
    return 'rejected' in verified ? verified : proofOf(vouching, verified)
  }

export interface GoogleOptions {
  readonly issuer: string
  readonly trust: Trust
}

/** Google: every account has it without registering it. Its trust policies decide which of its clients are accepted. */
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
      const record = { id: `built-in ${google}`, issuer, aliases, clientIds, trust } as const
      return signed(proof, against(vouching, record, verifying))
    },
    reserves: (name) => issuers.has(name),
  }
}

/** Where the keys of an issuer that needs no registration come from: the operator's settings of the account decide. */
export type KeyOwnerOf = (account: string, issuer: string) => KeyOwner

/** Apple, as a login of identity pools; elsewhere it is a provider like any other, and accounts register it. */
export function appleTokens(owner: KeyOwnerOf, verifying: VerifyOptions): ProofKind {
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
export function userPoolTokens(owner: KeyOwnerOf, verifying: VerifyOptions): ProofKind {
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
 * INVARIANT: what this server vouches for elsewhere proves nothing here: it would turn the short session of a role chain into
 * a new long one.
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
  /** The account's provider, by its issuer without the scheme. */
  readonly find: (account: string, url: string) => Maybe<RegisteredIssuer | undefined>
  readonly isOwn: (issuer: string) => boolean
  readonly verifying: VerifyOptions
}

/**
 * Tokens of the providers that an account registered. A proof whose provider nobody names, and that is of no other kind,
 * counts as one of these: this kind says what is wrong with it, so it stands last.
 */
export function registeredTokens({ find, isOwn, verifying }: RegisteredOptions): ProofKind {
  const verifierFor = (account: string, issuer: RegisteredIssuer) => {
    const { url, claims } = issuer
    const voucher = isSharedIssuer(url) ? 'trust' : 'account'
    return against({ provider: oidcProviderArn(account, url), name: url, voucher, claims }, issuer, verifying)
  }

  /** A login of the provider that an identity pool names. */
  const login = (proof: ParsedProof, url: string) =>
    signed(proof, async (token, now) => {
      const registered = await find(proof.account, url)
      if (registered !== undefined && !isOwn(registered.issuer))
        return verifierFor(proof.account, registered)(token, now)
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
        const registered = iss.length > longestIssuer || url === iss ? undefined : await find(account, url)
        if (registered?.issuer === iss) return verifierFor(account, registered)(token, now)
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
