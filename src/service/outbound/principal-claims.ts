// What a web identity token says of the caller (IAM User Guide, "Understanding token claims"). Names are AWS's.
import type { Tags } from '../../core/identity.ts'
import { pathOf } from '../../core/organization-root.ts'
import { foldCase } from '../../core/policy/casing.ts'
import { isoSeconds } from '../../core/time.ts'
import type { Call } from '../operation.ts'

/** The claim that holds what is AWS's own; it is a name, not an address. */
export const namespace = 'https://sts.amazonaws.com/'

/**
 * The members of the `https://sts.amazonaws.com/` claim. What does not apply is absent. `ou_path` is one text: every account
 * is right under its organization's root.
 *
 * DIVERGES: nothing of EC2, Lambda or an identity store.
 */
export function principalClaims(call: Call, requestTags: Tags): Readonly<Record<string, unknown>> {
  const { identity, subject, name, from } = call
  const pass = identity.kind === 'session' ? identity.pass : undefined
  const organization = subject?.account.organization?.id
  const tags = principalTags(call)
  const provider = pass?.keys.get('aws:federatedprovider')
  return {
    aws_account: name.requester.account,
    source_region: from.region,
    principal_id: name.requester.principalArn,
    ...(organization === undefined ? {} : { org_id: organization, ou_path: pathOf(organization) }),
    ...(Object.keys(tags).length === 0 ? {} : { principal_tags: tags }),
    ...(Object.keys(requestTags).length === 0 ? {} : { request_tags: requestTags }),
    ...(pass === undefined ? {} : { original_session_exp: isoSeconds(new Date(pass.expiresAt * 1000)) }),
    ...(pass?.sourceIdentity === undefined ? {} : { source_identity: pass.sourceIdentity }),
    ...(provider === undefined ? {} : { federated_provider: provider }),
  }
}

/** Tags of the user or role, a session's own over them; keys in the case they were given. */
function principalTags({ identity, subject }: Call): Tags {
  const tags = new Map<string, readonly [string, string]>()
  for (const { Key, Value } of subject?.tags ?? []) tags.set(foldCase(Key), [Key, Value])
  if (identity.kind === 'session') {
    for (const [key, value] of Object.entries(identity.pass.tags)) tags.set(foldCase(key), [key, value])
  }
  // A null prototype: a tag may be called __proto__.
  return Object.assign(Object.create(null) as Record<string, string>, Object.fromEntries(tags.values()))
}
