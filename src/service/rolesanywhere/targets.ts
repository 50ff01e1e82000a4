// What an operation acts on: a trust anchor, a profile, a revocation list or a subject of the caller's account, in the region that it
// signed for.
import { uuid7 } from '../../core/ids.ts'
import type { Collection, Reader, Transaction } from '../../store/store.ts'
import { accountOf } from '../access/caller-account.ts'
import { type KeyValue, requestTagKeys, resourceTagKeys } from '../access/tag-keys.ts'
import type { Call, Check } from '../operation.ts'
import type { Parts } from '../parts.ts'
import { isoTime, type Tag } from '../records.ts'
import { changedMeanwhile, notFound, type RolesanywhereName } from './define.ts'
import {
  type CertificateSubject,
  certificateSubjects,
  type Profile,
  profiles,
  type Resource,
  type RevocationListRecord,
  revocationLists,
  type TrustAnchor,
  trustAnchors,
} from './records.ts'

export interface Kind<R extends Resource> {
  // biome-ignore lint/suspicious/noExplicitAny: which indexes it has does not matter here
  readonly collection: Collection<R, any>
  /** The part of the ARN before the id. */
  readonly resource: string
  /** In messages. */
  readonly noun: string
}

export const anchorKind: Kind<TrustAnchor> = {
  collection: trustAnchors,
  resource: 'trust-anchor',
  noun: 'Trust anchor',
}
export const profileKind: Kind<Profile> = { collection: profiles, resource: 'profile', noun: 'Profile' }
export const listKind: Kind<RevocationListRecord> = { collection: revocationLists, resource: 'crl', noun: 'CRL' }
export const subjectKind: Kind<CertificateSubject> = {
  ...{ collection: certificateSubjects, resource: 'subject', noun: 'Subject' },
}

export interface Place {
  readonly account: string
  readonly region: string
  readonly id: string
}

export const arnOf = ({ resource }: Pick<Kind<Resource>, 'resource'>, { account, region, id }: Place) =>
  `arn:aws:rolesanywhere:${region}:${account}:${resource}/${id}`

const arnForm =
  /^arn:aws:rolesanywhere:([\w.-]{1,64}):(\d{12}):(trust-anchor|profile|crl|subject)\/([0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12})$/

/** The place that an ARN names, and the kind of what is there; undefined for any other text. */
export function placeOf(arn: string): (Place & Pick<Kind<Resource>, 'resource'>) | undefined {
  const [, region, account, resource, id] = arnForm.exec(arn) ?? []
  if (region === undefined || account === undefined || resource === undefined || id === undefined) return undefined
  return { region, account, resource, id }
}

/** What is missing has an ARN all the same: authorization comes before existence. */
export interface Target<R extends Resource> extends Place {
  readonly kind: Kind<R>
  readonly record: R | undefined
}

export async function targetOf<R extends Resource>(
  reader: Reader,
  kind: Kind<R>,
  call: Call,
  id: string,
): Promise<Target<R>> {
  const account = accountOf(call)
  const { region } = call.from
  return { account, region, id, kind, record: await reader.get(kind.collection, [account, region, id]) }
}

/** @throws ResourceNotFoundException */
export function present<R extends Resource>({ record, kind, id }: Target<R>): R {
  if (record === undefined) throw notFound(`${kind.noun} ${id} does not exist.`)
  return record
}

/**
 * The record as the transaction sees it.
 * INVARIANT: what is changed is what was authorized: with other tags the decision might be another.
 */
export async function current<R extends Resource>(tx: Transaction, target: Target<R>): Promise<R> {
  const then = present(target)
  const now = await tx.get(target.kind.collection, [target.account, target.region, target.id])
  if (now === undefined) return present({ ...target, record: undefined })
  if (JSON.stringify(now.tags) !== JSON.stringify(then.tags)) throw changedMeanwhile()
  return now
}

/** The check whether the caller may do this to it. */
export const onTarget = (
  action: RolesanywhereName,
  target: Place & {
    readonly kind: Pick<Kind<Resource>, 'resource'>
    readonly record: Pick<Resource, 'tags'> | undefined
  },
  keys: readonly KeyValue[] = [],
): Check => ({
  action: `rolesanywhere:${action}`,
  resource: arnOf(target.kind, target),
  owner: target.account,
  keys: new Map([...resourceTagKeys(target.record?.tags ?? []), ...keys]),
})

/** The check whether the caller may do this to all. */
export const onAny = (action: RolesanywhereName, account: string, keys: readonly KeyValue[] = []): Check => ({
  action: `rolesanywhere:${action}`,
  resource: '*',
  owner: account,
  keys: new Map(keys),
})

/** The checks whether the caller may make one: with tags, also whether it may tag it (Service Authorization Reference). */
export function onNew<R extends Resource>(action: RolesanywhereName, kind: Kind<R>, made: Resource): Check[] {
  const given = requestTagKeys(made.tags)
  const tagging = { ...made, kind, record: undefined }
  return [
    onAny(action, made.account, given),
    ...(made.tags.length === 0 ? [] : [onTarget('TagResource', tagging, given)]),
  ]
}

/** What a new record begins with. */
export const newResource = ({ random }: Pick<Parts, 'random'>, call: Call, tags: readonly Tag[]): Resource => ({
  account: accountOf(call),
  region: call.from.region,
  id: uuid7(call.now.getTime(), random(16)),
  tags,
  createdAt: isoTime(call.now),
  updatedAt: isoTime(call.now),
})
