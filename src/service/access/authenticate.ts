// Who signed a request: reads what it presents, finds the secret, verifies. Identities of callers are minted here and
// nowhere else. Order as AWS's: parse, key, token, signature.
import type { Message } from '../../core/http.ts'
import type { Identity } from '../../core/identity.ts'
import { andThen, type Maybe } from '../../core/maybe.ts'
import type { Secret } from '../../core/secret.ts'
import {
  certificateHeader,
  chainHeader,
  readCertificateAuthorization,
  verifyCertificateSignature,
} from '../../core/sigv4/certificate-signature.ts'
import { type Presented, readAuthorization } from '../../core/sigv4/credential.ts'
import type { SigningKeys } from '../../core/sigv4/keys.ts'
import { isRejection, type Rejection } from '../../core/sigv4/rejection.ts'
import { type Verified, verify } from '../../core/sigv4/verify.ts'
import type { KnownCertificates, PresentedCertificates } from '../../federation/x509/presented.ts'
import type { Subject, Subjects } from '../contracts/subject.ts'
import type { Passes, PassRejection } from '../parts.ts'
import type { Credentials } from './credentials.ts'

/** Why a credential is not accepted, beside what a signature's verification says. */
export type CredentialRejection =
  | { readonly rejected: 'unknown-key' | 'inactive-key' | 'token-missing' | 'token-unexpected'; readonly keyId: string }
  | { readonly rejected: 'token'; readonly why: PassRejection; readonly keyId: string }

/** Why a certificate cannot have signed a request: there is none, it is none, or its key is too weak to say so. */
export interface CertificateRejection {
  readonly rejected: 'certificate'
  readonly why: 'absent' | 'unreadable' | 'weak'
}

export type Rejected = Rejection | CredentialRejection | CertificateRejection

/** A verified caller; `presented` and `verified` are absent for anonymous ones, `verified` where nothing was signed. */
export interface Caller {
  readonly identity: Identity
  readonly subject: Subject | undefined
  readonly presented: Pick<Presented, 'keyId' | 'region'> | undefined
  /** What the signature says of a body that is streamed: whoever reads it compares. */
  readonly verified: Verified | undefined
  /** Whose key signed, where an operation is signed so. */
  readonly certificate?: PresentedCertificates | undefined
}

export interface Endpoint {
  /** Signing names the scope may name. */
  readonly services: readonly string[]
  /** Regions it may name; absent, any. */
  readonly regions?: ReadonlySet<string> | undefined
  /** Hex SHA-256 of the body; absent for one that is streamed (core/sigv4/verify.ts). */
  readonly payloadHash: string | undefined
  readonly now: Date
}

export interface Authenticator {
  /** A verified caller, an anonymous one when nothing is presented, or why not. A hit in the caches is no promise. */
  authenticate(message: Message, endpoint: Endpoint): Maybe<Caller | Rejected>
  /** Nobody, with the certificate whose key signed the request; or why not. */
  authenticateCertificate(message: Message, endpoint: Endpoint): Caller | Rejected
  /**
   * Why the credentials that a request presents cannot sign it; undefined if they may. `unsigned`: it presents none. It is asked
   * before a long body is read, and proves nothing: the signature is not looked at.
   */
  recognize(message: Message, now: Date): Maybe<Rejected | 'unsigned' | undefined>
}

export const anonymous: Caller = {
  identity: { kind: 'anonymous' },
  subject: undefined,
  presented: undefined,
  verified: undefined,
}

export function createAuthenticator(parts: {
  readonly credentials: Credentials
  readonly passes: Passes
  readonly subjects: Subjects
  readonly signingKeys: SigningKeys
  readonly certificates: KnownCertificates
}): Authenticator {
  const { credentials, passes, subjects, signingKeys, certificates } = parts

  /** All but the signature, the same for every kind of key: the credential is known, and its principal lives. */
  function signerOf(presented: Presented, now: Date): Maybe<Signer | Rejected> {
    const credential =
      presented.token === undefined
        ? longTerm(presented, credentials)
        : temporary(presented, presented.token, passes, now)
    return andThen(credential, (signing) => ('rejected' in signing ? signing : living(presented, signing)))
  }

  function living({ keyId }: Presented, credential: SigningCredential): Maybe<Signer | Rejected> {
    return andThen(subjects.byId(credential.account, credential.principal), (subject): Signer | Rejected => {
      if (subject === undefined) return { rejected: 'token', why: 'principal-gone', keyId }
      if (subject.account.status !== 'ACTIVE') return { rejected: 'token', why: 'account-suspended', keyId }
      return { credential, subject }
    })
  }

  return {
    authenticate(message, endpoint) {
      const presented = readAuthorization(message)
      if (presented === undefined) return anonymous
      if (isRejection(presented)) return presented
      return andThen(signerOf(presented, endpoint.now), (signer): Caller | Rejected => {
        if ('rejected' in signer) return signer
        const { credential, subject } = signer
        const verdict = verify(message, presented, {
          secret: credential.secret,
          keys: { cache: signingKeys, identity: credential.name },
          ...endpoint,
        })
        return isRejection(verdict) ? verdict : { identity: credential.identity, subject, presented, verified: verdict }
      })
    },
    authenticateCertificate: (message, endpoint) => certificateCaller(message, endpoint, certificates),
    recognize(message, now) {
      const presented = readAuthorization(message)
      if (presented === undefined) return 'unsigned'
      if (isRejection(presented)) return presented
      return andThen(signerOf(presented, now), (signer) => ('rejected' in signer ? signer : undefined))
    },
  }
}

/** A credential whose principal lives. */
interface Signer {
  readonly credential: SigningCredential
  readonly subject: Subject
}

interface SigningCredential {
  readonly account: string
  readonly principal: string
  readonly secret: Secret
  /** What signing keys are kept under. */
  readonly name: string
  readonly identity: Identity
}

function longTerm({ keyId }: Presented, credentials: Credentials): Maybe<SigningCredential | Rejected> {
  if (keyId.startsWith('ASIA')) return { rejected: 'token-missing', keyId }
  const settle = (credential: Awaited<ReturnType<Credentials['byKeyId']>>): SigningCredential | Rejected => {
    if (credential === undefined) return { rejected: 'unknown-key', keyId }
    if (!credential.active) return { rejected: 'inactive-key', keyId }
    const { identity, secret, name } = credential
    return { account: identity.account, principal: identity.principal, secret, name, identity }
  }
  return andThen(credentials.byKeyId(keyId), settle)
}

function temporary(
  { keyId }: Presented,
  token: string,
  passes: Passes,
  now: Date,
): Maybe<SigningCredential | Rejected> {
  // A token beside a long-term key belongs to another credential: never ignored.
  if (!keyId.startsWith('ASIA')) return { rejected: 'token-unexpected', keyId }
  const settle = (opened: Awaited<ReturnType<Passes['open']>>): SigningCredential | Rejected => {
    if ('rejected' in opened) return { rejected: 'token', why: opened.rejected, keyId }
    const { pass } = opened
    return {
      account: pass.account,
      principal: pass.principal,
      secret: pass.secret,
      name: pass.id,
      identity: { kind: 'session', pass },
    }
  }
  return andThen(passes.open(token, keyId, now), settle)
}

function certificateCaller(message: Message, endpoint: Endpoint, known: KnownCertificates): Caller | Rejected {
  const presented = readCertificateAuthorization(message)
  if (isRejection(presented)) return presented
  const header = message.headers.get(certificateHeader)
  if (header === undefined) return { rejected: 'certificate', why: 'absent' }
  const certificate = known.read(header, message.headers.get(chainHeader))
  if (certificate === undefined) return { rejected: 'certificate', why: 'unreadable' }
  const { leaf } = certificate
  // Before its key verifies anything: the work that a key makes is its maker's choice.
  if (!leaf.isStrong) return { rejected: 'certificate', why: 'weak' }
  const { payloadHash } = endpoint
  if (payloadHash === undefined) throw new TypeError('a certificate signs a body that is there')
  const refused = verifyCertificateSignature(message, presented, { ...endpoint, payloadHash, certificate: leaf })
  // Serial numbers are anybody's choice; its key is the holder's own.
  return refused ?? { ...anonymous, presented: { keyId: leaf.keyId, region: presented.region }, certificate }
}
