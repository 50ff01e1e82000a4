// CreateSession: the holder of a certificate's key assumes a role (User Guide, "Authentication"; the service's own model of this operation
// is in its credential helper). The signature is verified before (service/access/authenticate.ts); here it is decided whose it was.

import type { ServiceIdentity } from '../../core/identity.ts'
import { foldCase } from '../../core/policy/casing.ts'
import { type Certificate, serialHex } from '../../federation/x509/certificate.ts'
import { printedName } from '../../federation/x509/name.ts'
import type { Path } from '../../federation/x509/path.ts'
import { Refusal } from '../../wire/errors.ts'
import type { CertificatePlace } from '../contracts/certificate-trust.ts'
import { type Call, operation } from '../operation.ts'
import type { Parts } from '../parts.ts'
import type { Tag } from '../records.ts'
import type { SessionPlan } from '../session/assume.ts'
import { assumeForWorkload, planForWorkload, workloadChecks } from '../session/assume-for-workload.ts'
import { attestationBy } from './attestation.ts'
import { invalid, type RolesanywhereOutput, servicePrincipal } from './define.ts'
import { placesOf, profileFor, type SessionInput, trustedPath } from './proof.ts'
import { requestOf } from './requested.ts'
import { isNews, noteSubject, type Seen, subjectPlace } from './subjects.ts'
import { arnOf, subjectKind } from './targets.ts'
import { issuedOn } from './trust.ts'

interface Target {
  readonly identity: ServiceIdentity
  readonly plan: SessionPlan
  readonly path: Path
  readonly subject: CertificatePlace
  /** What is to be written of the subject; undefined for nothing new. */
  readonly news: Seen | undefined
}

export const createSession = (parts: Parts) =>
  operation<SessionInput, RolesanywhereOutput<'CreateSession'>, Target>({
    signature: 'certificate',
    load: (input, call) => targetOf(parts, input, call),
    checks: ({ roleArn }, { plan }) =>
      workloadChecks(plan).map((check) => ({
        ...check,
        keys: new Map([...(check.keys ?? []), ...principalTagKeys(plan.request.tags)]),
        refusal: `Unable to assume role for ${roleArn}`,
      })),
    async handle({ roleArn }, { identity, plan, path, subject }, { now }) {
      const longest = Math.floor((path.notAfter - now.getTime()) / 1000)
      const shorter = longest < (plan.request.duration ?? 0) ? longest : undefined
      const assumed = await inOwnCodes(() => assumeForWorkload(parts, identity, plan, shorter, now))
      const { AccessKeyId, SecretAccessKey, SessionToken, Expiration } = assumed.Credentials
      return {
        credentialSet: [
          {
            assumedRoleUser: { arn: assumed.AssumedRoleUser.Arn, assumedRoleId: assumed.AssumedRoleUser.AssumedRoleId },
            credentials: {
              accessKeyId: AccessKeyId,
              secretAccessKey: SecretAccessKey,
              sessionToken: SessionToken,
              expiration: Expiration.toISOString().replace(/\.\d+Z$/, 'Z'),
            },
            packedPolicySize: assumed.PackedPolicySize ?? 0,
            roleArn,
            ...(assumed.SourceIdentity === undefined ? {} : { sourceIdentity: assumed.SourceIdentity }),
          },
        ],
        subjectArn: arnOf(subjectKind, subject),
      }
    },
    commit: (_, { subject, news }) => (news === undefined ? undefined : (tx) => noteSubject(tx, subject, news)),
    audit: {
      readOnly: true,
      asker: ({ identity }) => identity,
      resources: ({ trustAnchorArn, profileArn, roleArn }, { plan }) => [
        { accountId: plan.roleAccount, type: 'AWS::IAM::Role', ARN: roleArn },
        { accountId: plan.roleAccount, type: 'AWS::RolesAnywhere::TrustAnchor', ARN: trustAnchorArn },
        { accountId: plan.roleAccount, type: 'AWS::RolesAnywhere::Profile', ARN: profileArn },
      ],
      copyTo: (_, { plan }) => plan.roleAccount,
      additional: (_, { path: { certificates } }) => describe(certificates[0] as Certificate),
      issued: (_, { plan }) => plan.issued,
    },
  })

/** The trust policy may test the tags as the session's own: for this service AWS's examples do. */
const principalTagKeys = (tags: readonly Tag[]) =>
  tags.map(({ Key, Value }): readonly [string, string] => [`aws:principaltag/${foldCase(Key)}`, Value])

const describe = ({ subject, issuer, serial }: Certificate) => ({
  x509Subject: printedName(subject),
  x509Issuer: printedName(issuer),
  x509SerialNumber: serialHex(serial),
})

/** Whose certificate it is, and the session that is asked for. Until the certificate is trusted, its bearer learns of nothing. */
async function targetOf(parts: Parts, input: SessionInput, call: Call): Promise<Target> {
  const { certificate: presented, now } = call
  if (presented === undefined) throw new TypeError('CreateSession is signed with a certificate')
  const places = placesOf(input, call.from.region)
  const { leaf } = presented
  const path = await trustedPath(parts, places.anchor, presented, now)
  const profile = await profileFor(parts, places.profile, input)
  const { account, region } = places.anchor
  const issued = issuedOn(path)
  const identity: ServiceIdentity = {
    ...{ kind: 'service', name: servicePrincipal, subject: serialHex(leaf.serial) },
    attestation: attestationBy(places.anchor, { region, profile: profile.id, notAfter: path.notAfter, issued }),
    source: { account, arn: input.trustAnchorArn },
    keys: new Map(),
  }
  const request = requestOf(input, profile, leaf)
  const plan = await inOwnCodes(() => planForWorkload(parts, identity, request))
  const subject = subjectPlace(account, region, leaf)
  const seen: Seen = { certificate: leaf, properties: input.instanceProperties, now }
  const before = await parts.certificates.subject(subject)
  return { identity, plan, path, subject, news: isNews(before, seen) ? seen : undefined }
}

/** STS's refusals of a session in the codes of this service. */
async function inOwnCodes<T>(work: () => T | Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    if (error instanceof Refusal && error.fault === 'Sender') throw invalid(error.message, `${error.code}`)
    throw error
  }
}
