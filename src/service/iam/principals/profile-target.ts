// The instance profile that an operation acts on.
import { instanceProfileArn } from '../../../core/arn.ts'
import type { Reader, Transaction } from '../../../store/store.ts'
import { accountOf } from '../../access/caller-account.ts'
import { iamResourceTagKeys } from '../../access/tag-keys.ts'
import type { Call } from '../../operation.ts'
import { concurrentModification, noInstanceProfile } from '../../principals/refusals.ts'
import { type InstanceProfile, instanceProfiles } from '../../records.ts'
import { check } from '../checks.ts'
import type { IamName } from '../define.ts'

/** A missing one has an ARN all the same: authorization comes before existence. */
export interface ProfileTarget {
  readonly account: string
  readonly name: string
  readonly arn: string
  readonly profile: InstanceProfile | undefined
}

/** Looks a profile up by name, without regard to case. */
export async function profileTarget(reader: Reader, call: Call, asked: string): Promise<ProfileTarget> {
  const account = accountOf(call)
  const profile = await reader.get(instanceProfiles, [account, asked.toLowerCase()])
  const { path, name } = profile ?? { path: '/', name: asked }
  return { account, name, arn: instanceProfileArn(account, path, name), profile }
}

export const onProfile = (action: IamName, { account, arn, profile }: ProfileTarget) =>
  check(action, arn, account, iamResourceTagKeys(profile?.tags))

/** @throws NoSuchEntity */
export function presentProfile({ profile, name }: ProfileTarget): InstanceProfile {
  if (profile === undefined) throw noInstanceProfile(name)
  return profile
}

/**
 * The profile as the transaction sees it.
 *
 * INVARIANT: it is the profile, with the tags, that was authorized.
 *
 * @throws NoSuchEntity, ConcurrentModification
 */
export async function currentProfile(tx: Transaction, target: ProfileTarget): Promise<InstanceProfile> {
  const then = presentProfile(target)
  const now = await tx.get(instanceProfiles, instanceProfiles.key(then))
  if (now === undefined) throw noInstanceProfile(target.name)
  if (now.id !== then.id || JSON.stringify(now.tags) !== JSON.stringify(then.tags)) throw concurrentModification()
  return now
}
