// What a refusal that no policy made comes of, told to the operator with what to do about it. The cause stands at the
// beginning of the refusal's detail (`inactive-key (AKIA…)`, `address: idp.corp:8443: …`); it is never sent to the caller.
import type { FetchRejection } from '../../federation/fetch.ts'
import type { ProofRejection } from '../../federation/proof.ts'
import type { Rejected } from '../access/authenticate.ts'
import type { BarCause } from '../bar-cause.ts'
import type { PassRejection } from '../parts.ts'
import { type Row, samlCauses } from './saml-causes.ts'

/** Of who signs. The compiler asks for a row of every cause. */
type SignerCause = Exclude<Rejected['rejected'], 'token'>

const malformedRequest: Row = [
  'What was sent cannot be read as a signed request of AWS.',
  'Look at the client, and at proxies in between: none may change headers, path or query.',
]
const wrongClock = 'Compare the clocks of the client and of this machine: AWS allows 15 minutes.'

const signers: { readonly [C in SignerCause]: Row } = {
  'unknown-key': [
    'No access key of this id is here: it was deleted, is of another installation, or is of AWS itself.',
    'Look at which profile and which AWS_ACCESS_KEY_ID the client uses; `aws iam list-access-keys` says which there are.',
  ],
  'inactive-key': [
    'The access key is inactive.',
    '`aws iam update-access-key --status Active` makes it active again, if it should be.',
  ],
  'token-missing': [
    'A temporary access key (ASIA…) came without its session token.',
    'Give the client all three: access key id, secret and AWS_SESSION_TOKEN.',
  ],
  'token-unexpected': [
    'A long-term access key (AKIA…) came with a session token, which belongs to another credential.',
    'Unset AWS_SESSION_TOKEN where the client runs.',
  ],
  algorithm: [
    'It is signed in a way that is none of AWS’s Signature Version 4.',
    'Look at how the client is told to sign.',
  ],
  'signature-v2': ['It is signed with Signature Version 2.', 'Use a newer client, or set its signature version to 4.'],
  'several-mechanisms': ['It is signed twice, in a header and in its query.', 'Sign in one place.'],
  'several-tokens': ['It has a session token in a header and in its query.', 'Send one.'],
  'repeated-parameter': malformedRequest,
  'not-key-value': malformedRequest,
  'missing-parameters': malformedRequest,
  'missing-query-parameters': malformedRequest,
  'credential-parts': malformedRequest,
  'date-format': malformedRequest,
  expires: ['The presigned URL’s X-Amz-Expires is no number of seconds up to a week.', 'Make the URL anew.'],
  'signed-headers': malformedRequest,
  'signature-form': malformedRequest,
  malformed: malformedRequest,
  expired: ['The time of its signature is too long ago.', wrongClock],
  'not-yet-current': ['The time of its signature is in the future.', wrongClock],
  'url-expired': ['The presigned URL has ended.', 'Make it anew, with a longer X-Amz-Expires if it must last.'],
  'host-not-signed': ['Its signature does not cover the Host header.', 'Look at the client: every SDK signs it.'],
  'headers-not-signed': [
    'It has headers that must be signed and are not.',
    'Look for a proxy that adds X-Amz-… headers.',
  ],
  'signed-header-absent': ['A header that was signed did not arrive.', 'Look for a proxy that takes headers away.'],
  scope: [
    'It is signed for another region, service or day than it is for.',
    'Look at the region and the endpoint of the client.',
  ],
  'payload-header': malformedRequest,
  'payload-mismatch': ['The body is another than the one that was signed.', 'Look for a proxy that changes bodies.'],
  signature: [
    'The secret is another than that of the access key, or the request was changed on its way.',
    'Copy the secret anew. Where other clients with the same key get in, look for a proxy that changes Host, path, query or headers.',
  ],
}

/** Of a session token, by why it does not open. */
const tokens: { readonly [W in PassRejection]: Row } = {
  malformed: [
    'The session token is not one of this installation, was cut short, or is of before `keys rotate --compromised` or a restore.',
    'Look at whether it was copied whole and from which endpoint it is, or begin a new session.',
  ],
  expired: [
    'The session has ended.',
    'Begin a new one; --duration-seconds and the role’s maximum say how long it lives.',
  ],
  revoked: [
    'The session was ended early, or one that it came of was.',
    'Begin a new one; `hallpass sessions list` shows those that live.',
  ],
  'principal-gone': ['The user or role of the credential does not exist any more.', 'Begin anew with one that does.'],
  'account-suspended': ['The account of the credential is suspended.', 'Nothing of it gets in while it is.'],
}

/** Of what a caller may not do at all, and of limits. */
const bars: { readonly [C in BarCause]: Row } = {
  unsigned: [
    'It was not signed, and only signed requests may ask this.',
    'Give the client credentials (AWS_PROFILE, AWS_ACCESS_KEY_ID).',
  ],
  'token-without-mfa': [
    'Credentials of GetSessionToken may call IAM only when they were issued with a second factor, whatever policies say.',
    'Call GetSessionToken with --serial-number and --token-code, or IAM with the user’s own access key.',
  ],
  'federated-session': [
    'Credentials of GetFederationToken may call neither IAM nor, but for GetCallerIdentity, STS: no policy can allow it.',
    'Let the one who called GetFederationToken assume a role instead, or ask with its own key.',
  ],
  'user-session': [
    'Of STS, credentials of GetSessionToken may call AssumeRole and GetCallerIdentity alone: no policy can allow more.',
    'Ask with the user’s own access key, or assume a role first.',
  ],
  'source-identity-changed': [
    'The session has a source identity, and one that is set cannot change or be left out down the chain: no policy can allow it.',
    'Assume the role with the --source-identity that the session has.',
  ],
  'not-management-account': [
    'Only the organization’s management account may ask this.',
    'Ask with credentials of that account: `aws organizations describe-organization` names it.',
  ],
  'port-not-named': [
    'An issuer with a port, or on plain http, may be registered only where the operator has named it: AWS has no such issuers.',
    'Name it in the file of --providers-file, under `providers:` with this `issuer:` and `account:`, and start the server anew.',
  ],
  'not-hearing': [
    'This server has not heard of the store’s changes for ten seconds, so it neither issues nor changes anything.',
    '`hallpass doctor` says more; look at the disk and the load, or start it anew.',
  ],
  store: ['The store could not take or give what was needed.', 'Look at the disk’s room and at `hallpass doctor`.'],
  'rate-per-pool': [
    'The identity pool is called more often than --rate-per-pool allows.',
    'Find who calls it, or raise that.',
  ],
  'rate-per-provider': [
    'Tokens of the provider come more often than --rate-per-provider allows.',
    'Find whose they are, or raise that.',
  ],
  turns: [
    'Too many long pieces of work of the account wait for their turn.',
    'Ask less at once: they are done one after the other.',
  ],
  'no-key': ['The account has no access key of this id.', 'aws iam list-access-keys says which there are.'],
}

const reach =
  'Say where it may be: its range under `allow:` of its entry in the file of --providers-file, or --fetch-allow for all providers.'
const provider =
  'Look at the provider: this server asks it for /.well-known/openid-configuration and for the keys that are named there.'
const authority =
  'Name the authority that vouches for it under `ca:` of its entry in the file of --providers-file, or register its thumbprint.'

/** Of proofs from outside: web identity tokens, logins of identity pools, and the providers they are of. */
const proofs: { readonly [C in FetchRejection | ProofRejection]: Row } = {
  unreachable: [
    'The identity provider could not be reached from this machine.',
    'Look at whether it runs, its name resolves here, and no firewall is between.',
  ],
  timeout: [
    'The identity provider did not answer in five seconds.',
    'Look at whether a firewall drops what is sent to it.',
  ],
  failing: ['The identity provider answered that it fails, or is asked too often.', provider],
  busy: [
    'Too many documents of providers are being fetched at once.',
    'Look for a provider that hangs; it is tried again.',
  ],
  address: [
    'The identity provider is at an address that may not be fetched from: only public ones may, unless it is said.',
    reach,
  ],
  scheme: ['A URL of the identity provider is none that may be fetched: https, with no user in it.', provider],
  certificate: ['Nobody known vouches for the identity provider’s certificate.', authority],
  thumbprint: ['The identity provider’s certificate has none of the thumbprints that were registered.', authority],
  redirect: [
    'The identity provider answered with a redirect, which is not followed.',
    'Register the issuer that it redirects to, if that is what its tokens say.',
  ],
  status: ['The identity provider did not answer with the document.', provider],
  'too-large': ['A document of the identity provider is too large.', provider],
  'not-a-document': ['What the identity provider answered is not the document that it should be.', provider],
  'another-issuer': [
    'The discovery document names another issuer than the one that is registered.',
    'Register the provider as the document’s `issuer` has it, to the letter; a final slash counts.',
  ],
  'no-key': [
    'The identity provider publishes no key of the id and algorithm that the token is signed with.',
    'Its keys are asked for again every half minute; uploaded ones (`keys:`) are replaced with a new start.',
  ],
  signature: [
    'The token is not signed by the key that it names.',
    'It was changed, or is of another installation of the provider.',
  ],
  malformed: [
    'What was sent is no token.',
    'Look at whether it was copied whole, and is an ID token, not an access token.',
  ],
  encrypted: ['The token is encrypted.', 'Tell the provider to sign it only.'],
  algorithm: [
    'The token is signed with an algorithm that is not accepted.',
    'Tell the provider to sign with RS256 or ES256.',
  ],
  issuer: ['The token is of another issuer.', 'Look at which provider’s token was sent.'],
  'missing-claim': ['A claim that must be there is not.', 'Tell the provider to put it into the token.'],
  'bad-claim': ['A claim of the token is not of the form that it must be.', 'Look at what the provider puts there.'],
  audience: [
    'The token’s audience is no client id of the provider here.',
    'aws iam add-client-id-to-open-id-connect-provider adds it, if tokens for it should be taken.',
  ],
  'many-audiences': [
    'The token has several audiences and does not say for which it was given (`azp`).',
    'Tell the provider to give it for one.',
  ],
  expired: ['The token has ended.', 'Get a fresh one; if it was fresh, compare the clocks.'],
  'not-yet': ['The token is not valid yet.', 'Compare the clocks of the provider and of this machine.'],
  revoked: ['The token was taken back.', 'Get a fresh one.'],
  app: [
    'The token was given for another app.',
    'Name the app in the file of --providers-file, if its tokens should be taken.',
  ],
  'not-offered': [
    'Tokens of this provider are not taken here.',
    'Facebook and Login with Amazon need their apps in the file of --providers-file.',
  ],
  'no-provider': [
    'The account of the role has no OpenID Connect provider of this issuer.',
    'Register it there, to the letter as the token’s `iss` has it: aws iam create-open-id-connect-provider --url …',
    'An issuer with a port is named in the file of --providers-file first.',
  ],
  stale: [
    'The identity of the token is not what it was: gone, disabled, merged, with other logins, or its token was taken back.',
    'Get a fresh token for it.',
  ],
  'enhanced-flow': [
    'The identity pool gives credentials by the enhanced flow alone: its basic flow is not allowed, or it maps roles.',
    'Ask the pool with GetCredentialsForIdentity.',
  ],
}

const ofProofs: ReadonlySet<string> = new Set([
  ...['InvalidIdentityToken', 'ExpiredToken', 'IDPCommunicationError', 'IDPRejectedClaim'],
  ...['OpenIdIdpCommunicationError', 'NotAuthorized', 'ExternalService'],
])

/** Of codes, where the detail names no cause. As all codes here without `Exception`: a record and the wire differ in that. */
const codes: Readonly<Record<string, Row>> = {
  Throttling: [
    'Something was asked for more often than its limit allows.',
    'docs/settings.md has the limits that begin with rate-.',
  ],
  ServiceUnavailable: bars.store,
  InvalidIdentityPoolConfiguration: [
    'The roles of the identity pool do not fit, as the detail says.',
    'aws cognito-identity set-identity-pool-roles names them; each must trust cognito-identity.amazonaws.com for this pool.',
  ],
  NotAuthorized: [
    'The logins that were sent do not open this identity or pool, as the caller was told and the detail says.',
    'aws cognito-identity describe-identity-pool says which are taken.',
  ],
  InvalidIdentityToken: ['The token proves nobody here, as the detail says.'],
  InternalFailure: [
    'It is a failure of this server.',
    'What went wrong is on its standard error, with the request id.',
  ],
}

const itsOwn: Row = ['It was refused for what the request itself says, as the caller was told.']

const rowIn = (table: { readonly [cause: string]: Row }, cause: string): Row | undefined =>
  Object.hasOwn(table, cause) ? table[cause] : undefined

/** What a refusal that no policy made comes of, and what to do: a sentence each. */
export function causeOf(errorCode: string, detail: string | undefined): readonly string[] {
  const code = errorCode.replace(/Exception$/, '')
  const [, cause = '', why = ''] = /^([a-z0-9-]+)(?:: ([a-z-]+))?/.exec(detail ?? '') ?? []
  const found =
    (cause.startsWith('saml-') ? rowIn(samlCauses, cause.slice('saml-'.length)) : undefined) ??
    (cause === 'token' ? rowIn(tokens, why) : undefined) ??
    rowIn(bars, cause) ??
    (ofProofs.has(code) ? rowIn(proofs, cause) : rowIn(signers, cause)) ??
    rowIn(codes, code)
  return found ?? itsOwn
}
