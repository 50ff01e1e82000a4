// Profiles: which roles certificates may ask for, within which limits, and what of a certificate becomes session tags (API Reference).
import { isDeepStrictEqual } from 'node:util'
import { isRoleOf } from '../../core/arn.ts'
import { Refusal } from '../../wire/errors.ts'
import { accountOf } from '../access/caller-account.ts'
import { passChecks } from '../access/pass-role.ts'
import type { Parts } from '../parts.ts'
import { isoTime } from '../records.ts'
import { checkInline } from '../session/session-policies.ts'
import { changedMeanwhile, changes, invalid, type RolesanywhereInput, reads, servicePrincipal } from './define.ts'
import { listing } from './listing.ts'
import { isSpecifier, usualMappings } from './mapping.ts'
import { deleting, getting, type Shown, switching } from './one-record.ts'
import { type CertificateField, certificateFields, type Mappings, type Profile, profiles } from './records.ts'
import { givenTags } from './tags.ts'
import { arnOf, current, newResource, onNew, onTarget, profileKind, type Target, targetOf } from './targets.ts'

/** AWS's quotas. */
const mostProfiles = 250
const mostRules = 50

export const shownProfile = (profile: Profile) => ({
  profileId: profile.id,
  profileArn: arnOf(profileKind, profile),
  name: profile.name,
  requireInstanceProperties: profile.requiresInstanceProperties,
  enabled: profile.isEnabled,
  createdBy: profile.createdBy,
  ...(profile.sessionPolicy === undefined ? {} : { sessionPolicy: profile.sessionPolicy }),
  roleArns: [...profile.roles],
  managedPolicyArns: [...profile.managedPolicies],
  createdAt: new Date(profile.createdAt),
  updatedAt: new Date(profile.updatedAt),
  durationSeconds: profile.duration,
  acceptRoleSessionName: profile.acceptsSessionName,
  attributeMappings: certificateFields.flatMap((certificateField) => {
    const specifiers = profile.mappings[certificateField]
    if (specifiers.length === 0) return []
    return [{ certificateField, mappingRules: specifiers.map((specifier) => ({ specifier })) }]
  }),
})

const shown: Shown<Profile, { readonly profileId: string }, { profile: ReturnType<typeof shownProfile> }> = {
  kind: profileKind,
  idOf: ({ profileId }) => profileId,
  show: (profile) => ({ profile: shownProfile(profile) }),
}

type Limits = Pick<
  RolesanywhereInput<'UpdateProfile'>,
  'sessionPolicy' | 'roleArns' | 'managedPolicyArns' | 'durationSeconds' | 'acceptRoleSessionName' | 'name'
>

/** What the input says of a profile; `undefined` for what it leaves as it is. @throws ValidationException */
function limitsOf(account: string, input: Limits): Partial<Profile> {
  const { name, sessionPolicy, roleArns, managedPolicyArns, durationSeconds, acceptRoleSessionName } = input
  for (const arn of roleArns ?? []) {
    // INVARIANT: the service assumes roles of its own account alone.
    if (!isRoleOf(arn, account)) throw invalid(`${arn} is not a role of account ${account}.`)
  }
  checkPolicy(sessionPolicy)
  return {
    ...(name === undefined ? {} : { name }),
    ...(sessionPolicy === undefined ? {} : { sessionPolicy }),
    ...(roleArns === undefined ? {} : { roles: [...new Set(roleArns)] }),
    ...(managedPolicyArns === undefined ? {} : { managedPolicies: [...new Set(managedPolicyArns)] }),
    ...(durationSeconds === undefined ? {} : { duration: durationSeconds }),
    ...(acceptRoleSessionName === undefined ? {} : { acceptsSessionName: acceptRoleSessionName }),
  }
}

/**
 * The roles that a caller must be allowed to pass: those that the profile will have, unless its name alone changes.
 * DIVERGES: AWS is not known to ask for iam:PassRole where the roles stay.
 */
function rolesToPass({ record }: Pick<Target<Profile>, 'record'>, { name: _, ...limits }: Partial<Profile>) {
  return limits.roles ?? (Object.keys(limits).length === 0 ? [] : (record?.roles ?? []))
}

function checkPolicy(text: string | undefined): void {
  try {
    checkInline(text)
  } catch (error) {
    throw error instanceof Refusal ? invalid(error.message) : error
  }
}

const createdBy = (call: { readonly name: { readonly requester: { readonly principalArn?: string | undefined } } }) =>
  call.name.requester.principalArn ?? ''

export const profileOperations = (parts: Parts) => ({
  CreateProfile: changes<'CreateProfile'>()({
    load: (input, call): Profile => ({
      ...newResource(parts, call, givenTags(input.tags)),
      ...{ name: input.name, isEnabled: input.enabled ?? false, createdBy: createdBy(call) },
      ...{ roles: [], managedPolicies: [], duration: 3600, acceptsSessionName: false, mappings: usualMappings },
      requiresInstanceProperties: input.requireInstanceProperties ?? false,
      ...limitsOf(accountOf(call), input),
    }),
    checks: (_, profile) => onNew('CreateProfile', profileKind, profile),
    // Only for callers who may create it: there may be hundreds of roles to read.
    further: (_, { account, roles }) => passChecks(parts.store, account, roles, servicePrincipal),
    change: async (tx, _, profile) => {
      const { account, region } = profile
      const { items } = await tx.list(profiles, 'key', { prefix: [account, region], limit: mostProfiles })
      if (items.length >= mostProfiles) throw invalid(`An account can have at most ${mostProfiles} profiles.`)
      await tx.create(profiles, profile)
      return shown.show(profile)
    },
  }),

  UpdateProfile: changes<'UpdateProfile'>()({
    load: async (input, call) => ({
      target: await targetOf(parts.store, profileKind, call, input.profileId),
      given: limitsOf(accountOf(call), input),
    }),
    checks: (_, { target }) => [onTarget('UpdateProfile', target)],
    // Also where the roles stay: what limits their sessions may be what changes.
    further: (_, { target, given }) =>
      passChecks(parts.store, target.account, rolesToPass(target, given), servicePrincipal),
    change: async (tx, _, { target, given }, { now }) => {
      const before = await current(tx, target)
      if (given.roles === undefined && !isDeepStrictEqual(before.roles, target.record?.roles)) throw changedMeanwhile()
      const profile: Profile = { ...before, ...given, updatedAt: isoTime(now) }
      await tx.replace(profiles, profile)
      return shown.show(profile)
    },
  }),

  GetProfile: reads<'GetProfile'>()(getting(parts, 'GetProfile', shown)),
  EnableProfile: changes<'EnableProfile'>()(switching(parts, 'EnableProfile', shown, true)),
  DisableProfile: changes<'DisableProfile'>()(switching(parts, 'DisableProfile', shown, false)),
  DeleteProfile: changes<'DeleteProfile'>()(deleting(parts, 'DeleteProfile', shown)),
  ListProfiles: listing(parts, 'ListProfiles', profileKind, (found) => ({ profiles: found.map(shownProfile) })),

  PutAttributeMapping: changes<'PutAttributeMapping'>()({
    load: ({ profileId }, call) => targetOf(parts.store, profileKind, call, profileId),
    checks: (_, target) => [onTarget('PutAttributeMapping', target)],
    change: async (tx, { certificateField, mappingRules }, target, { now }) => {
      const before = await current(tx, target)
      const specifiers = mappingRules.map(({ specifier = '' }) => specifier)
      const wrong = specifiers.find((specifier) => !isSpecifier(certificateField, specifier))
      if (wrong !== undefined) throw invalid(`${wrong} is not a specifier of ${certificateField}.`)
      const profile = mapped(before, certificateField, [...before.mappings[certificateField], ...specifiers], now)
      await tx.replace(profiles, profile)
      return shown.show(profile)
    },
  }),
  DeleteAttributeMapping: changes<'DeleteAttributeMapping'>()({
    load: ({ profileId }, call) => targetOf(parts.store, profileKind, call, profileId),
    checks: (_, target) => [onTarget('DeleteAttributeMapping', target)],
    change: async (tx, { certificateField, specifiers }, target, { now }) => {
      const before = await current(tx, target)
      const kept = before.mappings[certificateField].filter((one) => specifiers?.includes(one) === false)
      const profile = mapped(before, certificateField, kept, now)
      await tx.replace(profiles, profile)
      return shown.show(profile)
    },
  }),
})

/** The profile with other rules of one field. @throws ValidationException beyond the quota */
function mapped(profile: Profile, field: CertificateField, specifiers: readonly string[], now: Date): Profile {
  const rules = [...new Set(specifiers)]
  if (rules.length > mostRules) throw invalid(`A field can have at most ${mostRules} mapping rules.`)
  const mappings: Mappings = { ...profile.mappings, [field]: rules }
  return { ...profile, mappings, updatedAt: isoTime(now) }
}
