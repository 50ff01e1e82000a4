// What somebody is told whose sign-in came to nothing: what kind of thing went wrong, whom to tell, and the request's id. The
// reason itself is the account's, and the operator's (`hallpass why`).
import type { RejectedSaml, SamlReason } from '../../service/contracts/saml.ts'
import type { Exchange, Reply } from '../exchange.ts'
import { consolePath, federationPath } from '../federation/destinations.ts'
import { type Html, html } from '../pages/html.ts'
import { notice, requestIdNote } from '../pages/notice.ts'
import { pathIn, type Site } from '../pages/site.ts'
import type { SignInParts } from './parts.ts'

type Kind = 'invalid' | 'unverified' | 'old' | 'company' | 'attributes' | 'unknown'

/** A reason without a row does not compile. */
const kinds: Readonly<Record<SamlReason, Kind>> = {
  'not-base64': 'invalid',
  'not-xml': 'invalid',
  'no-response': 'invalid',
  'document-type': 'invalid',
  'processing-instruction': 'invalid',
  comment: 'invalid',
  cdata: 'invalid',
  'too-deep': 'invalid',
  namespace: 'invalid',
  'id-attribute': 'invalid',
  'duplicate-id': 'invalid',
  'bad-value': 'invalid',
  'too-large': 'attributes',
  status: 'company',
  destination: 'unverified',
  'not-one-assertion': 'unverified',
  'not-encrypted': 'unverified',
  encrypted: 'unverified',
  decryption: 'unverified',
  unsigned: 'unverified',
  'signature-shape': 'unverified',
  algorithm: 'unverified',
  reference: 'unverified',
  digest: 'unverified',
  signature: 'unverified',
  issuer: 'unverified',
  audience: 'unverified',
  recipient: 'unverified',
  subject: 'attributes',
  'subject-confirmation': 'unverified',
  expired: 'old',
  'not-yet': 'old',
  stale: 'old',
  'session-ended': 'old',
  used: 'old',
  'role-value': 'attributes',
  'no-session-name': 'attributes',
  'session-name': 'attributes',
  'session-duration': 'attributes',
  'source-identity': 'attributes',
  tags: 'attributes',
  'unknown-attribute': 'attributes',
  'two-claims': 'attributes',
  'no-provider': 'unknown',
  unusable: 'unknown',
  'metadata-ended': 'unknown',
  'many-providers': 'attributes',
  'role-not-named': 'attributes',
  'reserved-role': 'attributes',
}

const words: Readonly<Record<Exclude<Kind, 'invalid'>, string>> = {
  unverified: 'What your company’s sign-in sent could not be verified, so nobody was signed in.',
  old: 'What your company’s sign-in sent is no longer valid. Go back to it and sign in again.',
  company: 'Your company’s sign-in says that it did not sign you in. Go back to it and try again.',
  attributes:
    'What your company’s sign-in says about you is incomplete or has the wrong form. Its administrator can correct it.',
  unknown: 'Your company’s sign-in is not set up at this server, or not in a way that works.',
}

/** A refused response: noted for the operator, and said in plain words. */
export function refuseResponse(parts: SignInParts, exchange: Exchange, { rejected, detail }: RejectedSaml, now: Date) {
  parts.refused(exchange, `saml-${rejected}: ${detail}`, now)
  const kind = kinds[rejected]
  const { site } = parts.browsers
  if (kind === 'invalid') return problem(site, exchange, invalid(site), 400)
  return problem(site, exchange, html`${words[kind]}`, 403)
}

/** A refusal of our own. */
export interface OwnRefusal {
  /** To the person. */
  readonly said: string
  /** To the operator. */
  readonly reason: string
  /** 403 when it is absent. */
  readonly status?: number
}

export function refuse(parts: SignInParts, exchange: Exchange, { said, reason, status = 403 }: OwnRefusal, now: Date) {
  parts.refused(exchange, reason, now)
  return problem(parts.browsers.site, exchange, html`${said}`, status)
}

/** A sign-in that another has to follow. */
export const over = (reason: string): OwnRefusal => ({
  ...{ said: 'This sign-in has ended. Go back to your company’s sign-in page and sign in again.', reason, status: 400 },
})

/** AWS's sentence. */
function invalid(site: Site): Html {
  const signOut = `${pathIn(site, federationPath)}?Action=logout`
  return html`Your request included an invalid SAML response. To logout, click <a href="${signOut}">here</a>.`
}

export const problem = (site: Site, { requestId }: Pick<Exchange, 'requestId'>, said: Html, status: number): Reply =>
  notice(
    site,
    'You are not signed in',
    html`<p role="alert">${said}</p>
${requestIdNote(requestId)}
<nav><a href="${pathIn(site, consolePath)}">Go to the console</a></nav>`,
    { status },
  )

/** It says nothing of the person: the same may be tried in a moment. */
export const notNow = (site: Site, request: Pick<Exchange, 'requestId'>): Reply =>
  problem(site, request, html`Not now. Go back and try again in a moment.`, 503)
