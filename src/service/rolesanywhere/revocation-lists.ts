// Revocation lists: ImportCrl, UpdateCrl and the others (API Reference). A list is of an authority that its trust anchor has.

import { readPem } from '../../core/pem.ts'
import { serialHex } from '../../federation/x509/certificate.ts'
import { issuerOf, mostRevocationListBytes, readRevocationList } from '../../federation/x509/revocation-list.ts'
import type { Reader } from '../../store/store.ts'
import type { Parts } from '../parts.ts'
import { isoTime } from '../records.ts'
import { authoritiesIn } from './authorities.ts'
import { changes, invalid, reads } from './define.ts'
import { listing } from './listing.ts'
import { deleting, getting, type Shown, switching } from './one-record.ts'
import { type RevocationListRecord, revocationLists, type TrustAnchor, trustAnchors } from './records.ts'
import { givenTags } from './tags.ts'
import { anchorKind, arnOf, current, listKind, newResource, onNew, onTarget, placeOf, targetOf } from './targets.ts'

/** AWS's quota: two lists of each trust anchor. */
const mostLists = 2

const shownList = (list: RevocationListRecord) => ({
  crlId: list.id,
  crlArn: arnOf(listKind, list),
  name: list.name,
  enabled: list.isEnabled,
  crlData: Buffer.from(list.data, 'base64'),
  trustAnchorArn: arnOf(anchorKind, { ...list, id: list.anchor }),
  createdAt: new Date(list.createdAt),
  updatedAt: new Date(list.updatedAt),
})

const shown: Shown<RevocationListRecord, { readonly crlId: string }, { crl: ReturnType<typeof shownList> }> = {
  kind: listKind,
  idOf: ({ crlId }) => crlId,
  show: (list) => ({ crl: shownList(list) }),
}

type Imported = Pick<RevocationListRecord, 'data' | 'issuer' | 'thisUpdate' | 'nextUpdate' | 'revoked'>

/** Reads a list, in PEM or as it is, of one of the anchor's authorities. @throws ValidationException */
function importedFrom(data: Uint8Array, anchor: TrustAnchor, now: number): Imported {
  const bytes = Buffer.from(data)
  const [der = bytes, another] = readPem(bytes.toString('latin1'), 'X509 CRL') ?? []
  const list = der.length > mostRevocationListBytes || another !== undefined ? undefined : readRevocationList(der)
  if (list === undefined) {
    throw invalid('The CRL is not one whole X.509 revocation list in PEM, without changes to or parts of another.')
  }
  const issuer = issuerOf(list, authoritiesIn(anchor.bundle) ?? [])
  if (issuer === undefined || list.signature.algorithm === undefined) {
    throw invalid(
      'The CRL is not signed by an authority of the trust anchor with the key usage cRLSign. For the list of an intermediate authority, put its certificate into the bundle of the trust anchor.',
    )
  }
  const { thisUpdate, nextUpdate } = list
  if (nextUpdate === undefined || now > nextUpdate) throw invalid('The CRL has expired, or does not say when it will.')
  if (thisUpdate > now) throw invalid('The CRL is not valid yet.')
  const revoked = [...list.revoked].map(serialHex)
  return { data: bytes.toString('base64'), issuer: issuer.keyId, thisUpdate, nextUpdate, revoked }
}

const anchorOf = (reader: Reader, { account, region }: { account: string; region: string }, id: string) =>
  reader.get(trustAnchors, [account, region, id])

export const revocationListOperations = (parts: Parts) => ({
  ImportCrl: changes<'ImportCrl'>()({
    load: ({ tags }, call) => newResource(parts, call, givenTags(tags)),
    checks: (_, list) => onNew('ImportCrl', listKind, list),
    change: async (tx, { name, crlData, enabled = false, trustAnchorArn }, resource, { now }) => {
      const { account, region } = resource
      const place = placeOf(trustAnchorArn)
      const isHere = place?.account === account && place.region === region && place.resource === anchorKind.resource
      const anchor = isHere ? await anchorOf(tx, resource, place.id) : undefined
      if (anchor === undefined) throw invalid(`${trustAnchorArn} is not a trust anchor of this account and region.`)
      const imported = importedFrom(crlData, anchor, now.getTime())
      const range = { prefix: [account, region, anchor.id], limit: mostLists }
      const { items } = await tx.list(revocationLists, 'anchor', range)
      if (items.length >= mostLists) throw invalid(`A trust anchor can have at most ${mostLists} CRLs.`)
      const list = { ...resource, name, isEnabled: enabled, anchor: anchor.id, ...imported }
      await tx.create(revocationLists, list)
      return shown.show(list)
    },
  }),

  UpdateCrl: changes<'UpdateCrl'>()({
    load: ({ crlId }, call) => targetOf(parts.store, listKind, call, crlId),
    checks: (_, target) => [onTarget('UpdateCrl', target)],
    change: async (tx, { name, crlData }, target, { now }) => {
      const before = await current(tx, target)
      const list = {
        ...before,
        name: name ?? before.name,
        ...(crlData === undefined ? {} : await newer(tx, before, crlData, now)),
        updatedAt: isoTime(now),
      }
      await tx.replace(revocationLists, list)
      return shown.show(list)
    },
  }),

  GetCrl: reads<'GetCrl'>()(getting(parts, 'GetCrl', shown)),
  EnableCrl: changes<'EnableCrl'>()(switching(parts, 'EnableCrl', shown, true)),
  DisableCrl: changes<'DisableCrl'>()(switching(parts, 'DisableCrl', shown, false)),
  DeleteCrl: changes<'DeleteCrl'>()(deleting(parts, 'DeleteCrl', shown)),
  ListCrls: listing(parts, 'ListCrls', listKind, (lists) => ({ crls: lists.map(shownList) })),
})

/**
 * What replaces the list. INVARIANT: it is no older list of the same authority, which would make revoked certificates good again.
 * DIVERGES: AWS is not known to refuse an older one.
 */
async function newer(tx: Reader, before: RevocationListRecord, data: Uint8Array, now: Date): Promise<Imported> {
  const anchor = await anchorOf(tx, before, before.anchor)
  if (anchor === undefined) throw invalid('The trust anchor of the CRL does not exist.')
  const imported = importedFrom(data, anchor, now.getTime())
  if (imported.issuer !== before.issuer) throw invalid('The CRL is of another authority than the one that it replaces.')
  if (imported.thisUpdate < before.thisUpdate) throw invalid('The CRL is older than the one that it replaces.')
  return imported
}
