// Trust anchors: CreateTrustAnchor, UpdateTrustAnchor and the others, and what to be told of (API Reference).
import type { Parts } from '../parts.ts'
import { isoTime } from '../records.ts'
import { checkBundle } from './authorities.ts'
import { changes, invalid, type RolesanywhereInput, reads } from './define.ts'
import { listing } from './listing.ts'
import { deleting, getting, type Shown, switching } from './one-record.ts'
import { type NotificationSetting, revocationLists, type TrustAnchor, trustAnchors } from './records.ts'
import { givenTags } from './tags.ts'
import { anchorKind, arnOf, current, newResource, onNew, onTarget, targetOf } from './targets.ts'

/** AWS's quota. */
const mostAnchors = 50
const mostLists = 10

type Source = RolesanywhereInput<'CreateTrustAnchor'>['source']

/** @throws ValidationException */
function bundleOf(source: Source, now: Date): string {
  const { sourceType, sourceData } = source
  if (sourceType !== 'CERTIFICATE_BUNDLE') {
    throw invalid('Trust anchors are made of certificate bundles here: sourceType must be CERTIFICATE_BUNDLE.')
  }
  const bundle = sourceData?.x509CertificateData
  if (bundle === undefined || sourceData?.acmPcaArn !== undefined) {
    throw invalid('sourceData must have x509CertificateData alone.')
  }
  checkBundle(bundle, now.getTime())
  return bundle
}

/** AWS's, of a new trust anchor. */
const usualNotifications: readonly NotificationSetting[] = [
  { event: 'CA_CERTIFICATE_EXPIRY', enabled: true, threshold: 45 },
  { event: 'END_ENTITY_CERTIFICATE_EXPIRY', enabled: true, threshold: 45 },
]

type Given = NonNullable<RolesanywhereInput<'CreateTrustAnchor'>['notificationSettings']>

const notificationsOf = (given: Given): NotificationSetting[] =>
  given.map(({ event = '', enabled = true, threshold = 45 }) => ({ event, enabled, threshold }))

export const shownAnchor = (anchor: TrustAnchor) => {
  const own = new Set(anchor.notifications.map(({ event }) => event))
  const settings = [...anchor.notifications, ...usualNotifications.filter(({ event }) => !own.has(event))]
  return {
    trustAnchorId: anchor.id,
    trustAnchorArn: arnOf(anchorKind, anchor),
    name: anchor.name,
    source: { sourceType: 'CERTIFICATE_BUNDLE' as const, sourceData: { x509CertificateData: anchor.bundle } },
    enabled: anchor.isEnabled,
    createdAt: new Date(anchor.createdAt),
    updatedAt: new Date(anchor.updatedAt),
    notificationSettings: settings.map(({ event, enabled, threshold }) => ({
      ...{ event: event as 'CA_CERTIFICATE_EXPIRY', enabled, threshold, channel: 'ALL' as const },
      configuredBy: own.has(event) ? anchor.account : 'rolesanywhere.amazonaws.com',
    })),
  }
}

const shown: Shown<TrustAnchor, { readonly trustAnchorId: string }, { trustAnchor: ReturnType<typeof shownAnchor> }> = {
  kind: anchorKind,
  idOf: ({ trustAnchorId }) => trustAnchorId,
  show: (anchor) => ({ trustAnchor: shownAnchor(anchor) }),
}

export const anchorOperations = (parts: Parts) => ({
  CreateTrustAnchor: changes<'CreateTrustAnchor'>()({
    load: ({ name, source, enabled = false, tags, notificationSettings = [] }, call): TrustAnchor => ({
      ...newResource(parts, call, givenTags(tags)),
      ...{ name, isEnabled: enabled, notifications: notificationsOf(notificationSettings) },
      bundle: bundleOf(source, call.now),
    }),
    checks: (_, anchor) => onNew('CreateTrustAnchor', anchorKind, anchor),
    change: async (tx, _, anchor) => {
      const { account, region } = anchor
      const { items } = await tx.list(trustAnchors, 'key', { prefix: [account, region], limit: mostAnchors })
      if (items.length >= mostAnchors) throw invalid(`An account can have at most ${mostAnchors} trust anchors.`)
      await tx.create(trustAnchors, anchor)
      return shown.show(anchor)
    },
  }),

  UpdateTrustAnchor: changes<'UpdateTrustAnchor'>()({
    load: async ({ trustAnchorId, source }, call) => ({
      target: await targetOf(parts.store, anchorKind, call, trustAnchorId),
      bundle: source === undefined ? undefined : bundleOf(source, call.now),
    }),
    checks: (_, { target }) => [onTarget('UpdateTrustAnchor', target)],
    change: async (tx, { name }, { target, bundle }, { now }) => {
      const before = await current(tx, target)
      const anchor: TrustAnchor = {
        ...before,
        ...{ name: name ?? before.name, bundle: bundle ?? before.bundle, updatedAt: isoTime(now) },
      }
      await tx.replace(trustAnchors, anchor)
      return shown.show(anchor)
    },
  }),

  GetTrustAnchor: reads<'GetTrustAnchor'>()(getting(parts, 'GetTrustAnchor', shown)),
  EnableTrustAnchor: changes<'EnableTrustAnchor'>()(switching(parts, 'EnableTrustAnchor', shown, true)),
  DisableTrustAnchor: changes<'DisableTrustAnchor'>()(switching(parts, 'DisableTrustAnchor', shown, false)),
  DeleteTrustAnchor: changes<'DeleteTrustAnchor'>()(
    deleting(parts, 'DeleteTrustAnchor', shown, async (tx, { account, region, id }) => {
      const { items } = await tx.list(revocationLists, 'anchor', { prefix: [account, region, id], limit: mostLists })
      for (const list of items) await tx.delete(revocationLists, [account, region, list.id])
    }),
  ),
  ListTrustAnchors: listing(parts, 'ListTrustAnchors', anchorKind, (anchors) => ({
    trustAnchors: anchors.map(shownAnchor),
  })),

  /** DIVERGES: notification settings are stored and returned; Hallpass sends no notifications. */
  PutNotificationSettings: changes<'PutNotificationSettings'>()({
    load: ({ trustAnchorId }, call) => targetOf(parts.store, anchorKind, call, trustAnchorId),
    checks: (_, target) => [onTarget('PutNotificationSettings', target)],
    change: async (tx, { notificationSettings }, target, { now }) => {
      const before = await current(tx, target)
      const given = new Map(notificationsOf(notificationSettings).map((setting) => [setting.event, setting]))
      const kept = before.notifications.filter(({ event }) => !given.has(event))
      const anchor = { ...before, notifications: [...kept, ...given.values()], updatedAt: isoTime(now) }
      await tx.replace(trustAnchors, anchor)
      return shown.show(anchor)
    },
  }),
  ResetNotificationSettings: changes<'ResetNotificationSettings'>()({
    load: ({ trustAnchorId }, call) => targetOf(parts.store, anchorKind, call, trustAnchorId),
    checks: (_, target) => [onTarget('ResetNotificationSettings', target)],
    change: async (tx, { notificationSettingKeys }, target, { now }) => {
      const before = await current(tx, target)
      const gone = new Set(notificationSettingKeys.map(({ event }) => event as string))
      const notifications = before.notifications.filter(({ event }) => !gone.has(event))
      const anchor = { ...before, notifications, updatedAt: isoTime(now) }
      await tx.replace(trustAnchors, anchor)
      return shown.show(anchor)
    },
  }),
})
