// Why a web identity is refused, in AWS's sentences (STS API Reference, AssumeRoleWithWebIdentity, "Errors"; sentences as
// recorded from the service). One table: a reason without a row does not compile.

import type { ProofRejection, RejectedProof } from '../../federation/proof.ts'
import { modelled, type Refusal } from '../../wire/errors.ts'

const notAJwt = 'The ID Token provided is not a valid JWT. (You may see this error if you sent an Access Token)'
const noKey =
  "Couldn't retrieve verification key from your identity provider,  please reference AssumeRoleWithWebIdentity documentation for requirements"
const generic =
  'The web identity token provided could not be validated. See the AssumeRoleWithWebIdentity documentation for requirements.'
const thumbprint = "OpenIDConnect provider's HTTPS certificate doesn't match configured thumbprint"

/** A sentence of InvalidIdentityToken, which ends with the detail if `naming`; or another error. */
type Row = { readonly sentence: string; readonly naming?: true } | 'down' | 'rejected' | 'expired'

const rows: Readonly<Record<ProofRejection, Row>> = {
  malformed: { sentence: notAJwt },
  encrypted: { sentence: notAJwt },
  algorithm: { sentence: generic },
  issuer: { sentence: generic },
  'bad-claim': { sentence: generic },
  'missing-claim': { sentence: 'Missing a required claim: ', naming: true },
  'not-yet': { sentence: generic },
  audience: { sentence: 'Incorrect token audience' },
  'many-audiences': {
    sentence: 'Token audience contains more than one audience while authorized party is not present',
  },
  expired: 'expired',
  'no-key': { sentence: noKey },
  signature: { sentence: noKey },
  'not-a-document': { sentence: noKey },
  'another-issuer': { sentence: noKey },
  redirect: { sentence: noKey },
  status: { sentence: noKey },
  'too-large': { sentence: noKey },
  address: { sentence: noKey },
  scheme: { sentence: noKey },
  certificate: { sentence: thumbprint },
  thumbprint: { sentence: thumbprint },
  unreachable: 'down',
  timeout: 'down',
  failing: 'down',
  busy: 'down',
  revoked: 'rejected',
  app: { sentence: 'Incorrect token audience' },
  'not-offered': { sentence: generic },
  'no-provider': { sentence: 'No OpenIDConnect provider found in your account for ', naming: true },
  stale: { sentence: generic },
  'enhanced-flow': { sentence: generic },
}

/** The refusal of a rejected proof. The detail is for the operator. */
export function proofRefusal({ rejected, detail, expiresAt }: RejectedProof, now: Date): Refusal {
  const row = rows[rejected]
  const more = { detail: `${rejected}: ${detail}` }
  if (row === 'down') {
    return modelled('sts', 'IDPCommunicationErrorException', 'The identity provider could not be reached.', more)
  }
  if (row === 'rejected') {
    return modelled('sts', 'IDPRejectedClaimException', 'The identity provider rejected the claim.', more)
  }
  if (row === 'expired') {
    const seconds = Math.floor(now.getTime() / 1000)
    const sentence =
      expiresAt === undefined
        ? 'Token expired'
        : `Token expired: current date/time ${seconds} must be before the expiration date/time ${expiresAt}`
    return modelled('sts', 'ExpiredTokenException', sentence, more)
  }
  return modelled('sts', 'InvalidIdentityTokenException', row.naming ? row.sentence + detail : row.sentence, more)
}
