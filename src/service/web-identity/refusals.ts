// Why a web identity is refused, in AWS's sentences (STS API Reference, AssumeRoleWithWebIdentity, "Errors"; sentences as
// recorded from the service). One table: a reason that has no row does not compile.

import type { ProofRejection, RejectedProof } from '../../federation/proof.ts'
import { modelled, type Refusal } from '../../wire/errors.ts'

const notAJwt = 'The ID Token provided is not a valid JWT. (You may see this error if you sent an Access Token)'
const noKey =
  "Couldn't retrieve verification key from your identity provider,  please reference AssumeRoleWithWebIdentity documentation for requirements"
const generic =
  'The web identity token provided could not be validated. See the AssumeRoleWithWebIdentity documentation for requirements.'
const thumbprint = "OpenIDConnect provider's HTTPS certificate doesn't match configured thumbprint"

/** A sentence of InvalidIdentityToken, `naming` what the detail names; `down` and `rejected` are errors of their own. */
type Row = { readonly say: string; readonly naming?: true } | 'down' | 'rejected' | 'expired'

const rows: Readonly<Record<ProofRejection, Row>> = {
  malformed: { say: notAJwt },
  encrypted: { say: notAJwt },
  algorithm: { say: generic },
  issuer: { say: generic },
  'bad-claim': { say: generic },
  'missing-claim': { say: 'Missing a required claim: ', naming: true },
  'not-yet': { say: generic },
  audience: { say: 'Incorrect token audience' },
  'many-audiences': {
    say: 'Token audience contains more than one audience while authorized party is not present',
  },
  expired: 'expired',
  'no-key': { say: noKey },
  signature: { say: noKey },
  'not-a-document': { say: noKey },
  'another-issuer': { say: noKey },
  redirect: { say: noKey },
  status: { say: noKey },
  'too-large': { say: noKey },
  address: { say: noKey },
  scheme: { say: noKey },
  certificate: { say: thumbprint },
  thumbprint: { say: thumbprint },
  unreachable: 'down',
  timeout: 'down',
  failing: 'down',
  busy: 'down',
  revoked: 'rejected',
  app: { say: 'Incorrect token audience' },
  'not-offered': { say: generic },
  'no-provider': { say: 'No OpenIDConnect provider found in your account for ', naming: true },
  stale: { say: generic },
  'enhanced-flow': { say: generic },
}

/** The refusal of a proof that did not hold. The detail is for the operator. */
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
    const at = Math.floor(now.getTime() / 1000)
    const sentence =
      expiresAt === undefined
        ? 'Token expired'
        : `Token expired: current date/time ${at} must be before the expiration date/time ${expiresAt}`
    return modelled('sts', 'ExpiredTokenException', sentence, more)
  }
  return modelled('sts', 'InvalidIdentityTokenException', row.naming ? row.say + detail : row.say, more)
}
