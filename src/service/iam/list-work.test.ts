// What a page of a list may cost, counted in reads of the store: a page ends early and says so, and every page together
// still lists everything once. Others have turns in between.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { userArn } from '../../core/arn.ts'
import type { Store } from '../../store/store.ts'
import { newPolicyId } from '../principals/create.ts'
import { type Attachment, attachments, managedPolicies, mfaDevices, roles } from '../records.ts'
import { ACCOUNT, openKit, run, trusting } from '../testing/operations-kit.ts'
import { iamOperations } from './operations.ts'

const createdAt = '2026-02-01T00:00:00Z'
const ADMIN = 'arn:aws:iam::aws:policy/AdministratorAccess'

async function made() {
  const b = await openKit()
  const reads = { finds: 0, records: 0, gets: 0 }
  const counting: Store = {
    ...b.store,
    get: (collection, key) => {
      reads.gets++
      return b.store.get(collection, key)
    },
    find: (collection, index, key) => {
      reads.finds++
      return b.store.find(collection, index, key)
    },
    list: async (collection, by, range) => {
      const page = await b.store.list(collection, by, range)
      reads.records += page.items.length
      return page
    },
  }
  const ops = iamOperations({ ...b.parts, store: counting })
  /** Does it, and says how often others had a turn meanwhile. */
  const turnsDuring = async (work: () => Promise<unknown>) => {
    let turns = 0
    let over = false
    const count = () => {
      turns++
      if (!over) setImmediate(count)
    }
    setImmediate(count)
    await work()
    over = true
    return turns
  }
  return { b, ops, reads, turnsDuring }
}

test('ListRoles over 1,000 roles with 44 trusted users each ends its pages by the names it finds', async () => {
  const { b, ops, reads, turnsDuring } = await made()
  const person = (role: number, one: number) => `P${role}-${one}`
  await b.store.transact(async (tx) => {
    for (let at = 0; at < 1_000; at++) {
      const people = Array.from({ length: 44 }, (_, one) => userArn(ACCOUNT, '/', person(at, one)))
      await tx.create(roles, {
        ...{ account: ACCOUNT, id: `AROA${at}`, name: `role${at}`, path: '/', tags: [], createdAt },
        ...{ inline: [], attached: [], maxSessionDuration: 3_600 },
        trust: {
          text: trusting({ AWS: people }),
          principals: Object.fromEntries(people.map((arn, one) => [arn, `AIDA${person(at, one)}`])),
        },
      })
    }
  })
  const seen = new Set<string>()
  let Marker: string | undefined
  let pages = 0
  do {
    reads.finds = 0
    let page: { IsTruncated?: boolean | undefined; Marker?: string | undefined } = {}
    const turns = await turnsDuring(async () => {
      const answer = await run(b, ops.ListRoles, { MaxItems: 1_000, ...(Marker && { Marker }) })
      for (const { RoleName = '' } of answer.Roles ?? []) seen.add(RoleName)
      page = answer
    })
    assert.ok(reads.finds <= 1_720, String(reads.finds))
    assert.ok(page.Marker === undefined || turns >= 10, String(turns))
    Marker = page.Marker
    assert.equal(page.IsTruncated, Marker !== undefined)
    pages++
  } while (Marker !== undefined)
  assert.equal(seen.size, 1_000)
  assert.ok(pages > 20, String(pages))
})

test('a user that many roles trust is found once for all of a page', async () => {
  const { b, ops, reads } = await made()
  const arn = userArn(ACCOUNT, '/', 'Ada')
  await b.store.transact(async (tx) => {
    for (let at = 0; at < 500; at++) {
      await tx.create(roles, {
        ...{ account: ACCOUNT, id: `AROA${at}`, name: `role${at}`, path: '/', tags: [], createdAt },
        ...{ inline: [], attached: [], maxSessionDuration: 3_600 },
        trust: { text: trusting({ AWS: arn }), principals: { [arn]: 'AIDAADA' } },
      })
    }
  })
  const { Roles = [], IsTruncated } = await run(b, ops.ListRoles, { MaxItems: 1_000 })
  assert.deepEqual([Roles.length, IsTruncated, reads.finds], [500, false, 1])
})

const attachment = (policyArn: string, at: number, use: Attachment['use'] = 'permissions'): Attachment => ({
  ...{ account: ACCOUNT, policyArn, use, holder: 'role', holderId: `AROA${at}`, holderName: `role${at}` },
})

test('ListPolicies OnlyAttached reads of a policy that is not listed one record at most, and counts those that are', async () => {
  const { b, ops, reads, turnsDuring } = await made()
  const arns: string[] = []
  await b.store.transact(async (tx) => {
    for (let at = 0; at < 300; at++) {
      const name = `policy${String(at).padStart(3, '0')}`
      const arn = `arn:aws:iam::${ACCOUNT}:policy/${name}`
      arns.push(arn)
      const version = { id: 'v1', text: '{}', createdAt }
      await tx.create(managedPolicies, {
        ...{ account: ACCOUNT, id: newPolicyId(b.parts.random), name, path: '/', arn, tags: [] },
        ...{ createdAt, updatedAt: createdAt, defaultVersion: 'v1', lastVersion: 1, versions: [version] },
      } as never)
      if (at < 10) for (let one = 0; one < 1_000; one++) await tx.create(attachments, attachment(arn, one))
    }
  })
  const listed: [string | undefined, number | undefined][] = []
  let Marker: string | undefined
  let pages = 0
  do {
    reads.records = 0
    const turns = await turnsDuring(async () => {
      const page = await run(b, ops.ListPolicies, { OnlyAttached: true, Scope: 'Local', ...(Marker && { Marker }) })
      for (const { Arn, AttachmentCount } of page.Policies ?? []) listed.push([Arn, AttachmentCount])
      Marker = page.Marker
    })
    assert.ok(reads.records < 7_000, String(reads.records))
    assert.ok(Marker === undefined || turns > 5, String(turns))
    pages++
  } while (Marker !== undefined)
  assert.deepEqual(
    listed,
    arns.slice(0, 10).map((arn) => [arn, 1_000]),
  )
  assert.equal(pages, 3)
})

test('ListEntitiesForPolicy reads no more than its page, and lists each entity once', async () => {
  const { b, ops, reads } = await made()
  await b.store.transact(async (tx) => {
    for (let at = 0; at < 1_500; at++) {
      await tx.create(attachments, attachment(ADMIN, at))
      if (at % 2 === 0) await tx.create(attachments, attachment(ADMIN, at, 'boundary'))
    }
    await tx.create(attachments, attachment(ADMIN, 2_000, 'boundary'))
  })
  const seen: (string | undefined)[] = []
  let Marker: string | undefined
  do {
    Object.assign(reads, { records: 0, gets: 0 })
    const page = await run(b, ops.ListEntitiesForPolicy, { PolicyArn: ADMIN, ...(Marker && { Marker }) })
    assert.ok((page.PolicyRoles ?? []).length <= 100)
    assert.ok(reads.records <= 1_500 && reads.gets <= 1_000, JSON.stringify(reads))
    seen.push(...(page.PolicyRoles ?? []).map(({ RoleId }) => RoleId))
    Marker = page.Marker
  } while (Marker !== undefined)
  assert.deepEqual([seen.length, new Set(seen).size], [1_501, 1_501])
})

test('ListVirtualMFADevices and GetAccountSummary leave others their turns over 12,000 devices', async () => {
  const { b, ops, reads, turnsDuring } = await made()
  await b.store.transact(async (tx) => {
    for (let at = 0; at < 12_000; at++) {
      const name = `d${at}`
      await tx.create(mfaDevices, {
        ...{ account: ACCOUNT, serial: `arn:aws:iam::${ACCOUNT}:mfa/${name}`, name, path: '/', createdAt, tags: [] },
        ...{ seed: '', lastStep: 0, failures: 0, lockedUntil: 0 },
        ...(at === 11_999 && { principal: ACCOUNT, enabledAt: createdAt }),
      })
    }
  })
  const names: (string | undefined)[] = []
  let Marker: string | undefined
  let pages = 0
  do {
    reads.records = 0
    const page = await run(b, ops.ListVirtualMFADevices, { AssignmentStatus: 'Assigned', ...(Marker && { Marker }) })
    assert.ok(reads.records <= 5_250, String(reads.records))
    names.push(...(page.VirtualMFADevices ?? []).map(({ SerialNumber }) => SerialNumber))
    Marker = page.Marker
    pages++
  } while (Marker !== undefined)
  assert.deepEqual([names, pages], [[`arn:aws:iam::${ACCOUNT}:mfa/d11999`], 3])
  let devices: number | undefined
  const turns = await turnsDuring(async () => {
    devices = (await run(b, ops.GetAccountSummary, {})).SummaryMap?.MFADevices
  })
  assert.ok(turns >= 40, String(turns))
  assert.equal(devices, 12_000)
})
