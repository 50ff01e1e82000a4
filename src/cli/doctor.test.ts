// What `hallpass doctor` finds, and that it changes nothing.
import { deepEqual, equal, match, ok } from 'node:assert/strict'
import { X509Certificate } from 'node:crypto'
import { existsSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { accessKeyId } from '../core/ids.ts'
import { metadataOf, rsaCertificate } from '../federation/saml/testing/metadata.ts'
import { rootAuthority } from '../federation/x509/testing/authority.ts'
import { collections } from '../service/collections.ts'
import { type Role, roles, type SamlProvider, samlProviders } from '../service/records.ts'
import {
  type RevocationListRecord,
  revocationLists,
  type TrustAnchor,
  trustAnchors,
} from '../service/rolesanywhere/records.ts'
import { openSqlite } from '../store/sqlite.ts'
import type { Finding } from './finding.ts'
import { type Circumstances, invoke, newPath, serving } from './testing/world.ts'

/** A folder on which a server has started and stopped. */
async function served() {
  const data = newPath()
  await (await serving('serve', data)).stop()
  return data
}

async function examined(data: string, more: readonly string[] = [], how: Circumstances = {}) {
  const { code, out, err } = await invoke(['doctor', '--json', '--data', data, ...more], how)
  ok(out.startsWith('{'), err)
  const { findings } = JSON.parse(out) as { findings: readonly Finding[] }
  const about = (name: string) => findings.filter((finding) => finding.about === name)
  return { code, about, wrong: findings.filter(({ state }) => state === 'bad') }
}

test('a missing master key is reported once, and none is made', async () => {
  const data = await served()
  rmSync(join(data, 'master.key'))
  const before = readdirSync(data)
  const { code, wrong } = await examined(data)
  equal(code, 1)
  deepEqual(
    wrong.map(({ about }) => about),
    ['master key'],
  )
  match(wrong[0]?.says ?? '', /master\.key does not exist/)
  deepEqual(readdirSync(data), before)
  const text = await invoke(['doctor', '--data', data])
  ok(!text.out.includes('key ring'), 'the ring cannot be opened')
})

test('settings with which no server starts are reported', async (t) => {
  const data = await served()
  const file = `${newPath()}.yaml`
  writeFileSync(file, 'google: { allow: [junk] }')
  const rows: [rule: string, flags: string[], about: string, says: RegExp][] = [
    ['beyond loopback without TLS', ['--listen', '0.0.0.0:4600'], 'settings', /Refusing to listen on 0\.0\.0\.0/],
    [
      'one host name for pages and APIs',
      ['--public-url', 'https://a.example', '--api-names', 'a.example'],
      'settings',
      /^api-names: a\.example is the public URL's host/,
    ],
    ['half a certificate', ['--tls-key', '/nowhere.pem'], 'settings', /must be given together/],
    [
      'half a root',
      ['--root-access-key-id', accessKeyId('AKIA', '111122223333', Buffer.alloc(5))],
      'settings',
      /together/,
    ],
    ['no providers file', ['--providers-file', '/nowhere.yaml'], 'settings', /nowhere\.yaml: there is no such file/],
    ['a mistake in it', ['--providers-file', file], 'settings', /\.yaml:1:18: google\.allow: junk is not/],
    [
      "another account than the store's",
      ['--root-account-id', '111122223333'],
      'first account',
      /first account is \d{12}/,
    ],
    ['an audit folder in a file', ['--audit-folder', join(file, 'audit')], 'audit folder', /cannot be made/],
    ['an audit folder that is a file', ['--audit-folder', file], 'audit folder', /is not a folder/],
  ]
  for (const [rule, flags, about, says] of rows) {
    await t.test(rule, async () => {
      const { code, wrong } = await examined(data, flags)
      equal(code, 1)
      deepEqual(
        wrong.map((finding) => finding.about),
        [about],
      )
      match(wrong[0]?.says ?? '', says)
      ok(wrong[0]?.then)
    })
  }
  await t.test('a wrong value is reported with its place, as the server does', async () => {
    const { code, err } = await invoke(['doctor', '--data', data, '--fetch-allow', 'junk'])
    equal(code, 2)
    match(err, /^hallpass: --fetch-allow: junk is not/)
  })
})

test('an audit folder is checked, not made', async () => {
  const data = await served()
  const folder = newPath()
  const { code, about } = await examined(data, ['--audit-folder', folder])
  equal(code, 0)
  deepEqual(
    about('audit folder').map(({ state }) => state),
    ['good'],
  )
  equal(existsSync(folder), false)
})

const pem = (file: string) => fileURLToPath(new URL(`../../conformance/vectors/tls/${file}.pem`, import.meta.url))

test('a running server’s own address and certificate are reported, whatever settings this command has', async () => {
  const data = newPath()
  const tls = ['--tls-cert', pem('first.cert'), '--tls-key', pem('first.key')]
  const { url, stop } = await serving('serve', data, {}, tls)
  const { code, about, wrong } = await examined(data)
  equal(code, 0, JSON.stringify(wrong))
  ok(about('server')[0]?.says.includes(`at ${url},`))
  match(about('certificate')[0]?.says ?? '', /^the server's expires in \d+ days$/)
  ok(!about('settings')[0]?.says.includes('4600'), 'no server listens there')
  const { validTo } = new X509Certificate(readFileSync(pem('first.cert')))
  const late = await examined(data, [], { clock: () => new Date(Date.parse(validTo) - 13 * 86_400_000 - 1000) })
  match(late.about('certificate')[0]?.says ?? '', /^the server's expires in 13 days$/)
  equal(late.about('certificate')[0]?.state, 'bad')
  await stop()
})

test('the size of a store includes its log', async () => {
  const data = newPath()
  const { stop } = await serving('serve', data)
  const sizes = ['hallpass.sqlite', 'hallpass.sqlite-wal'].map((file) => statSync(join(data, file)).size)
  const mebibytes = sizes.reduce((sum, size) => sum + size, 0) / 1024 ** 2
  const { about } = await examined(data)
  const [, number = '', unit] = /([\d.]+) (KiB|MiB)$/.exec(about('store')[0]?.says ?? '') ?? []
  ok(Math.abs(Number(number) / (unit === 'KiB' ? 1024 : 1) - mebibytes) < 0.3, `${number} ${unit} for ${mebibytes} MiB`)
  ok((sizes[1] ?? 0) > 500_000)
  await stop()
})

test('roles are named whose trust policies would be refused today', async () => {
  const data = await served()
  const account = '111122223333'
  const trusting = (sub: string) =>
    JSON.stringify({
      Version: '2012-10-17',
      Statement: {
        Effect: 'Allow',
        Principal: { Federated: `arn:aws:iam::${account}:oidc-provider/gitlab.com` },
        Action: 'sts:AssumeRoleWithWebIdentity',
        Condition: { StringLike: { 'gitlab.com:sub': sub } },
      },
    })
  const stored = (name: string, sub: string): Role => ({
    ...{ account, id: `AROA${name}`, name, path: '/ci/', createdAt: '2026-01-01T00:00:00Z' },
    ...{ tags: [], inline: [], attached: [] },
    ...{ maxSessionDuration: 3600, trust: { text: trusting(sub), principals: {} } },
  })
  const names = ['a', 'b', 'c', 'd', 'e']
  const store = await openSqlite(join(data, 'hallpass.sqlite'), collections, { clock: () => new Date() })
  await store.transact(async (tx) => {
    await tx.create(roles, stored('sound', 'project_path:acme/*'))
    for (const name of names) await tx.create(roles, stored(name, 'project_path:*'))
  })
  await store.close()
  const { code, about } = await examined(data)
  equal(code, 0)
  deepEqual(
    about('trust policy').map(({ state, says }) => `${state} ${says}`),
    [
      ...['a', 'b', 'c'].map(
        (name) =>
          `note arn:aws:iam::${account}:role/ci/${name}: A condition on gitlab.com:sub that names a tenant must be present for the shared provider`,
      ),
      'note 2 more roles have such a trust policy',
    ],
  )
})

test('SAML providers are named whose certificates ended or end within 30 days, or whose metadata ended', async () => {
  const data = await served()
  const account = '111122223333'
  const now = new Date('2026-06-01T12:00:00Z')
  const certificate = (subject: string, notAfter: string) =>
    rsaCertificate(2048, { subject, notAfter: new Date(notAfter) })
  const sound = certificate('sound', '2026-07-01T12:00:01Z')
  const stored = (name: string, metadata: string): SamlProvider => ({
    ...{ account, name, uuid: name.toUpperCase(), metadata, createdAt: '2026-01-01T00:00:00Z' },
    ...{ tags: [], encryption: 'Allowed', privateKeys: [] },
  })
  const providers = [
    stored('a-sound', metadataOf([sound], ' validUntil="2026-06-01T12:00:01Z"')),
    stored('b-ended', metadataOf([certificate('old', '2026-06-01T12:00:00Z'), sound])),
    stored('c-ending', metadataOf([sound, certificate('soon', '2026-07-01T12:00:00Z')])),
    stored('d-metadata', metadataOf([sound], ' validUntil="2026-06-01T12:00:00Z"')),
    stored('e-weak', metadataOf([rsaCertificate(1024)])),
    stored('f-both', metadataOf([certificate('old', '2020-01-02T00:00:00Z')], ' validUntil="2020-01-01T00:00:00Z"')),
  ]
  const store = await openSqlite(join(data, 'hallpass.sqlite'), collections, { clock: () => now })
  await store.transact(async (tx) => {
    for (const provider of providers) await tx.create(samlProviders, provider)
  })
  await store.close()
  const { about } = await examined(data, [], { clock: () => now })
  deepEqual(
    about('SAML provider').map(({ state, says }) => `${state} ${says}`),
    [
      'b-ended: the signing certificate of CN=old ended on 2026-06-01',
      'c-ending: the signing certificate of CN=soon ends on 2026-07-01',
      'd-metadata: its metadata ended on 2026-06-01',
      'e-weak: its metadata is not taken any more: an RSA key has 1024 bits; 2048 to 4096 are taken',
      'f-both: its metadata ended on 2020-01-01',
    ]
      .map((says) => `note arn:aws:iam::${account}:saml-provider/${says}`)
      .concat('note 1 more such warnings'),
  )
})

test('trust anchors and revocation lists are named that ended or end soon, unless they are disabled', async () => {
  const data = await served()
  const now = new Date('2026-06-01T12:00:00Z')
  const place = { account: '111122223333', region: 'us-east-1', tags: [], createdAt: '', updatedAt: '' }
  const authorityOf = (until: string) => rootAuthority({ subject: ['CN=Root'], until: new Date(until) }).pem
  const anchor = (id: string, until: string, isEnabled = true): TrustAnchor => ({
    ...{ ...place, id, name: id, isEnabled, bundle: authorityOf(until), notifications: [] },
  })
  const list = (id: string, nextUpdate: string, isEnabled = true): RevocationListRecord => ({
    ...{ ...place, id, name: id, isEnabled, anchor: 'a', data: '', issuer: 'key', thisUpdate: 0, revoked: [] },
    nextUpdate: Date.parse(nextUpdate),
  })
  const store = await openSqlite(join(data, 'hallpass.sqlite'), collections, { clock: () => now })
  await store.transact(async (tx) => {
    for (const one of [
      anchor('a-sound', '2026-07-01T12:00:01Z'),
      anchor('b-ending', '2026-07-01T12:00:00Z'),
      anchor('c-ended', '2026-06-01T11:59:00Z'),
      anchor('d-disabled', '2026-06-01T11:59:00Z', false),
    ])
      await tx.create(trustAnchors, one)
    for (const one of [
      list('e-sound', '2026-06-02T12:00:01Z'),
      list('f-ending', '2026-06-02T12:00:00Z'),
      list('g-disabled', '2026-06-01T00:00:00Z', false),
    ])
      await tx.create(revocationLists, one)
  })
  await store.close()
  const { about } = await examined(data, [], { clock: () => now })
  const arn = (resource: string) => `arn:aws:rolesanywhere:us-east-1:111122223333:${resource}`
  deepEqual(
    [...about('trust anchor'), ...about('revocation list')].map(({ state, says }) => `${state} ${says}`),
    [
      `note ${arn('trust-anchor/b-ending')}: the certificate of CN=Root ends at 2026-07-01T12:00Z`,
      `note ${arn('trust-anchor/c-ended')}: the certificate of CN=Root ended at 2026-06-01T11:59Z`,
      `note ${arn('crl/f-ending')}: the revocation list ends at 2026-06-02T12:00Z: no certificate of its authority is taken from then on`,
    ],
  )
})
