// Refusals that no policy made: why each happened, and what the operator can do about it. The cause stands at the beginning
// of the refusal's detail (`inactive-key (AKIA…)`, `address: idp.corp:8443: …`); it is never sent to the caller.
import type { FetchRejection } from '../../federation/fetch.ts'
import type { ProofRejection } from '../../federation/proof.ts'
import type { Rejected } from '../access/authenticate.ts'
import type { BarCause } from '../bar-cause.ts'
import type { PassRejection } from '../parts.ts'
import { certificateCauses } from './certificate-causes.ts'
import { type Row, samlCauses } from './saml-causes.ts'

/** Causes in the signature and the access key. The compiler requires a row for each. */
type SignerCause = Exclude<Rejected['rejected'], 'token'>

const malformedRequest: Row = [
  'The request cannot be read as one that an AWS client signed.',
  'Check the client, and any proxy in between: it must not change headers, path or query.',
]
const wrongClock = 'Compare the clocks of the client and of this machine: AWS allows 15 minutes.'

const signers: { readonly [C in SignerCause]: Row } = {
  'unknown-key': [
    'No access key has this id: it was deleted, or belongs to another installation or to AWS itself.',
    'Check which profile and which AWS_ACCESS_KEY_ID the client uses; `aws iam list-access-keys` lists those that exist.',
  ],
  'inactive-key': [
    'The access key is inactive.',
    'If it should work, `aws iam update-access-key --status Active` makes it active again.',
  ],
  'token-missing': [
    'A temporary access key (ASIA…) came without its session token.',
    'Give the client all three: access key id, secret and AWS_SESSION_TOKEN.',
  ],
  'token-unexpected': [
    'A long-term access key (AKIA…) came with a session token, which belongs to another credential.',
    'Unset AWS_SESSION_TOKEN where the client runs.',
  ],
  certificate: [
    'The request brings no certificate, or one that cannot be read or has a weak key.',
    'Check the files that the client is given: X.509 version 3, RSA of 2048 to 4096 bits or P-256, P-384 or P-521.',
  ],
  algorithm: [
    'The request is signed with an algorithm that is not one of AWS’s Signature Version 4.',
    'Check how the client is configured to sign.',
  ],
  'signature-v2': [
    'The request is signed with Signature Version 2.',
    'Use a newer client, or set its signature version to 4.',
  ],
  'several-mechanisms': ['The request is signed twice, in a header and in its query.', 'Sign it in one place.'],
  'several-tokens': ['The request has a session token in a header and another in its query.', 'Send one.'],
  'repeated-parameter': malformedRequest,
  'not-key-value': malformedRequest,
  'missing-parameters': malformedRequest,
  'missing-query-parameters': malformedRequest,
  'credential-parts': malformedRequest,
  'date-format': malformedRequest,
  expires: [
    'The presigned URL’s X-Amz-Expires is not a number of seconds up to one week.',
    'Make a new URL with a valid one.',
  ],
  'signed-headers': malformedRequest,
  'signature-form': malformedRequest,
  malformed: malformedRequest,
  expired: ['The request was signed too long ago.', wrongClock],
  'not-yet-current': ['The time of the signature is in the future.', wrongClock],
  'url-expired': [
    'The presigned URL has expired.',
    'Make a new one, with a longer X-Amz-Expires if it must last longer.',
  ],
  'host-not-signed': [
    'The signature does not cover the Host header.',
    'Check the client: every SDK signs that header.',
  ],
  'headers-not-signed': [
    'The request has headers that must be signed and are not.',
    'Look for a proxy that adds X-Amz-… headers.',
  ],
  'signed-header-absent': ['A header that was signed did not arrive.', 'Look for a proxy that removes headers.'],
  scope: [
    'The request is signed for another region, service or day than it was sent to.',
    'Check the client’s region and endpoint.',
  ],
  'payload-header': malformedRequest,
  'payload-mismatch': ['The body is not the one that was signed.', 'Look for a proxy that changes bodies.'],
  signature: [
    'The client signed with a secret that is not this access key’s, or the request was changed on its way.',
    'Copy the secret again. If other clients with the same key get in, look for a proxy that changes Host, path, query or headers.',
  ],
}

/** Causes in the session token: why it does not open. */
const tokens: { readonly [W in PassRejection]: Row } = {
  malformed: [
    'The session token was issued by another installation, or before `keys rotate --compromised` or a restore, or was cut short.',
    'Check that it was copied whole, and which endpoint issued it; or begin a new session.',
  ],
  expired: [
    'The session has expired.',
    'Begin a new one; --duration-seconds and the role’s maximum session duration set how long it lasts.',
  ],
  revoked: [
    'The session was revoked, or a session that it was begun with was.',
    'Begin a new one; `hallpass sessions list` shows the sessions that are valid.',
  ],
  held: [
    'The directory or provider that vouches for the person could not be asked for longer than its grace: what the person was given is held.',
    'Nothing was revoked: it goes on once the connector answers. `hallpass doctor` tries it, and `hallpass people list` shows who is held.',
  ],
  'attestation-ended': [
    'What vouched for the workload that the session began with does so no longer: its enrolment, service, association or trust anchor was removed or disabled, or its certificate revoked.',
    'Enrol the workload anew, or enable what was disabled.',
  ],
  'principal-gone': [
    'The user or role of the credential does not exist any more.',
    'Use credentials of a user or role that exists.',
  ],
  'account-suspended': [
    'The account of the credential is suspended.',
    'None of its credentials work while it is suspended.',
  ],
}

/** What no policy can allow the caller, and limits. */
const bars: { readonly [C in BarCause]: Row } = {
  unsigned: [
    'The request was not signed, and this operation takes only signed requests.',
    'Give the client credentials (AWS_PROFILE, AWS_ACCESS_KEY_ID).',
  ],
  'token-without-mfa': [
    'Credentials of GetSessionToken may call IAM only if MFA was used to get them: no policy can allow it otherwise.',
    'Call GetSessionToken with --serial-number and --token-code, or call IAM with the user’s own access key.',
  ],
  'federated-session': [
    'Credentials of GetFederationToken may call neither IAM nor, but for GetCallerIdentity, STS: no policy can allow it.',
    'Let the user who called GetFederationToken assume a role instead, or make this call with its own access key.',
  ],
  'user-session': [
    'In STS, credentials of GetSessionToken may call only AssumeRole and GetCallerIdentity: no policy can allow more.',
    'Make this call with the user’s own access key, or assume a role first.',
  ],
  'broker-user': [
    'A broker user asks for people, without a key, for AssumeRole and GetFederationToken alone.',
    'This is a fault of the server: please report it.',
  ],
  'source-identity-changed': [
    'The session has a source identity, and a chained session must keep it: no policy can allow changing it or leaving it out.',
    'Assume the role with the session’s own --source-identity.',
  ],
  'not-management-account': [
    'Only the organization’s management account may call this operation.',
    'Use credentials of that account: `aws organizations describe-organization` names it.',
  ],
  'port-not-named': [
    'An issuer with a port, or with plain http, can be registered only if the operator has named it: AWS has no such issuers.',
    'Name it in the file of --providers-file, under `providers:` with this `issuer:` and `account:`, and restart the server.',
  ],
  'not-hearing': [
    'This server has not been able to read the store’s changes for ten seconds, so it neither issues nor changes anything.',
    '`hallpass doctor` says more; check the disk and the load, or restart the server.',
  ],
  store: ['The store could not be read or written.', 'Check the free space of the disk, and `hallpass doctor`.'],
  'rate-per-pool': [
    'The identity pool is called more often than --rate-per-pool allows.',
    'Find out who calls it, or raise the limit.',
  ],
  'rate-per-provider': [
    'Tokens of the provider arrive more often than --rate-per-provider allows.',
    'Find out who sends them, or raise the limit.',
  ],
  turns: [
    'Too many long-running requests of the account are waiting: they run one after another.',
    'Send fewer at once.',
  ],
  'no-access-key': [
    'The account has no access key with this id.',
    '`aws iam list-access-keys` lists those that it has.',
  ],
  'unknown-member': [
    'The request has a member that Hallpass does not know: what it would do at the backend was not decided, so nothing was passed on.',
    'Leave the member out, or correct its spelling; a member that is new at AWS needs a newer Hallpass.',
  ],
}

const reach =
  'Allow its address: its range under `allow:` of its entry in the file of --providers-file, or --fetch-allow for all providers.'
const provider =
  'Check the provider: this server fetches its /.well-known/openid-configuration and the key set that this document names.'
const authority =
  'Name the authority that vouches for it under `ca:` of its entry in the file of --providers-file, or register its thumbprint.'

/** Causes in proofs from outside (web identity tokens, logins of identity pools), and in their providers. */
const proofs: { readonly [C in FetchRejection | ProofRejection]: Row } = {
  unreachable: [
    'The identity provider could not be reached from this machine.',
    'Check that it runs, that its name resolves here, and that no firewall is in between.',
  ],
  timeout: [
    'The identity provider did not answer within five seconds.',
    'Check whether a firewall drops the packets that are sent to it.',
  ],
  failing: ['The identity provider answered that it has failed, or gets too many requests.', provider],
  busy: [
    'This server fetches too many documents of providers at once, or tried to fetch this one a moment ago.',
    'Look for a provider that does not answer; the fetch is tried again.',
  ],
  address: [
    'The identity provider’s address may not be fetched from: only public addresses may, and those that the operator allows.',
    reach,
  ],
  scheme: ['A URL of the identity provider may not be fetched: it must be https, without a user name in it.', provider],
  certificate: [
    'The identity provider’s certificate is not trusted: no known authority signed it, it has expired, or it names another host.',
    authority,
  ],
  thumbprint: ['The identity provider’s certificate matches none of the registered thumbprints.', authority],
  redirect: [
    'The identity provider answered with a redirect, which is not followed.',
    'Register the issuer that it redirects to, if the `iss` of its tokens names that one.',
  ],
  status: ['The identity provider answered with a status other than 200.', provider],
  'too-large': ['A document of the identity provider is too large.', provider],
  'not-a-document': ['The identity provider’s answer is not a valid document.', provider],
  'another-issuer': [
    'The discovery document names another issuer than the registered one.',
    'Register the provider exactly as the document’s `issuer` spells it; a final slash counts.',
  ],
  'no-key': [
    'The identity provider publishes no key with the id and algorithm that the token names.',
    'Its keys are fetched again at most every half minute; uploaded ones (`keys:`) are read when the server starts.',
  ],
  signature: [
    'The token’s signature is not valid for the key that it names.',
    'It was changed, or another installation of the provider issued it.',
  ],
  malformed: [
    'What was sent is not a token.',
    'Check that it was copied whole, and that it is an ID token, not an access token.',
  ],
  encrypted: ['The token is encrypted.', 'Configure the provider to sign it without encrypting it.'],
  algorithm: [
    'The token is signed with an algorithm that is not accepted.',
    'Configure the provider to sign with RS256 or ES256.',
  ],
  issuer: ['Another issuer issued the token.', 'Check which provider’s token was sent.'],
  'missing-claim': ['The token lacks a claim that it must have.', 'Configure the provider to put it into the token.'],
  'bad-claim': [
    'A claim of the token does not have the form that it must have.',
    'Check what the provider puts there.',
  ],
  audience: [
    'The token’s audience is not one of the client ids registered for the provider.',
    'If tokens for it should be accepted, `aws iam add-client-id-to-open-id-connect-provider` adds it.',
  ],
  'many-audiences': [
    'The token has several audiences and does not say for which of them it was issued (`azp`).',
    'Configure the provider to issue it for one.',
  ],
  expired: ['The token has expired.', 'Get a new one; if it was new, compare the clocks.'],
  'not-yet': ['The token is not valid yet.', 'Compare the clocks of the provider and of this machine.'],
  revoked: ['The token was revoked.', 'Get a new one.'],
  app: [
    'The token was issued for another app.',
    'If tokens for that app should be accepted, name it in the file of --providers-file.',
  ],
  'not-offered': [
    'This server does not accept tokens of this provider.',
    'For Facebook and Login with Amazon, name the apps in the file of --providers-file.',
  ],
  'no-provider': [
    'The account of the role has no OpenID Connect provider with this issuer.',
    'Register it there, exactly as the token’s `iss` spells it: `aws iam create-open-id-connect-provider --url …`.',
    'An issuer with a port must first be named in the file of --providers-file.',
  ],
  stale: [
    'The token’s identity has changed since: it was deleted, disabled, merged or given other logins, or its token was revoked.',
    'Get a new token for it.',
  ],
  'enhanced-flow': [
    'The identity pool gives credentials by the enhanced flow only: it does not allow the basic flow, or it maps roles.',
    'Call GetCredentialsForIdentity instead.',
  ],
}

/** Codes of refusals whose cause is in a proof or its provider. */
const proofCodes: ReadonlySet<string> = new Set([
  ...['InvalidIdentityToken', 'ExpiredToken', 'IDPCommunicationError', 'IDPRejectedClaim'],
  ...['OpenIdIdpCommunicationError', 'NotAuthorized', 'ExternalService'],
])

/** By code, for details that name no cause. Codes stand here without `Exception`: a record has that ending, the wire has not. */
const codes: Readonly<Record<string, Row>> = {
  Throttling: [
    'Requests came more often than a limit allows.',
    'docs/settings.md lists the limits: their names begin with rate-.',
  ],
  ServiceUnavailable: bars.store,
  InvalidIdentityPoolConfiguration: [
    'The identity pool cannot use its roles, as the detail says.',
    'aws cognito-identity set-identity-pool-roles names them; each must trust cognito-identity.amazonaws.com for this pool.',
  ],
  NotAuthorized: [
    'The logins that were sent give no access to this identity or pool, as the message to the caller and the detail say.',
    '`aws cognito-identity describe-identity-pool` lists the logins that the pool accepts.',
  ],
  InvalidIdentityToken: ['The token is not accepted as a proof of identity, as the detail says.'],
  InternalFailure: ['This server failed.', 'Its standard error says what went wrong, with the request id.'],
}

const otherwise: Row = ['The request itself is at fault, as the message to the caller says.']

const rowIn = (table: { readonly [cause: string]: Row }, cause: string): Row | undefined =>
  Object.hasOwn(table, cause) ? table[cause] : undefined

/** Why a request was refused without a policy, and what to do: a sentence each. */
export function causeOf(errorCode: string, detail: string | undefined): readonly string[] {
  const code = errorCode.replace(/Exception$/, '')
  const [, cause = '', tokenCause = ''] = /^([a-z0-9-]+)(?:: ([a-z-]+))?/.exec(detail ?? '') ?? []
  return (
    (cause.startsWith('saml-') ? rowIn(samlCauses, cause.slice('saml-'.length)) : undefined) ??
    (cause.startsWith('certificate-') ? rowIn(certificateCauses, cause.slice('certificate-'.length)) : undefined) ??
    (cause === 'token' ? rowIn(tokens, tokenCause) : undefined) ??
    rowIn(bars, cause) ??
    (proofCodes.has(code) ? rowIn(proofs, cause) : rowIn(signers, cause)) ??
    rowIn(codes, code) ??
    otherwise
  )
}
