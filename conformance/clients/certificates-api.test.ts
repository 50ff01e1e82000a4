// Trust anchors, profiles, revocation lists and subjects: made, shown, changed and refused, as AWS's API Reference has them.
import { deepEqual, equal, match, ok } from 'node:assert/strict'
import { describe, test } from 'node:test'
import { ecKeys, pemOf, rootAuthority, rsaKeys } from '../../src/federation/x509/testing/authority.ts'
import { bundle, certificateWorld, idIn } from './certificates-kit.ts'
import { person, policy } from './people.ts'

const world = await certificateWorld()
const { server, root, call, done, anchorArn, profileArn, roleArn, session } = world
const anchorPath = `/trustanchor/${idIn(anchorArn)}`
const profilePath = `/profile/${idIn(profileArn)}`
const listOf = (serials: readonly bigint[], how: Parameters<typeof root.revoke>[1] = {}) =>
  Buffer.from(root.revoke(serials, how).pem).toString('base64')

/** What a refused request is told. */
async function refusal(method: string, path: string, body?: object): Promise<string> {
  const { status, code, message } = await call(method, path, body)
  equal(status, code === 'ResourceNotFoundException' ? 404 : 400, message)
  return `${code}: ${message}`
}

describe('trust anchors', () => {
  test('are shown as they were made, disabled unless it is said', async () => {
    const { trustAnchor } = await done('POST', '/trustanchors', { name: 'one', source: bundle(root.pem) })
    const { trustAnchorId, trustAnchorArn, ...rest } = trustAnchor as unknown as Record<string, unknown>
    match(String(trustAnchorId), /^[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}$/)
    equal(trustAnchorArn, `arn:aws:rolesanywhere:us-east-1:${server.account}:trust-anchor/${trustAnchorId}`)
    const setting = (event: string) => ({
      ...{ channel: 'ALL', configuredBy: 'rolesanywhere.amazonaws.com', enabled: true, event, threshold: 45 },
    })
    deepEqual(rest, {
      ...{ name: 'one', enabled: false, source: bundle(root.pem) },
      ...{ createdAt: '2026-09-01T12:00:05.000Z', updatedAt: '2026-09-01T12:00:05.000Z' },
      notificationSettings: [setting('CA_CERTIFICATE_EXPIRY'), setting('END_ENTITY_CERTIFICATE_EXPIRY')],
    })
    deepEqual((await done('GET', `/trustanchor/${trustAnchorId}`)).trustAnchor, trustAnchor)
    await done('DELETE', `/trustanchor/${trustAnchorId}`)
    equal(
      await refusal('GET', `/trustanchor/${trustAnchorId}`),
      `ResourceNotFoundException: Trust anchor ${trustAnchorId} does not exist.`,
    )
  })
  for (const [what, pem] of [
    ['text', 'authority'],
    ['a workload’s certificate', root.issue({ subject: ['CN=web'] }).pem],
    ['an authority that has ended', rootAuthority({ subject: ['CN=a'], until: new Date('2026-08-01T00:00:00Z') }).pem],
    ['RSA of 1024 bits', rootAuthority({ subject: ['CN=a'], keys: rsaKeys(1024) }).pem],
    ['SHA-1', rootAuthority({ subject: ['CN=a'], digest: 'sha1' }).pem],
    ['an authority that may not sign certificates', rootAuthority({ subject: ['CN=a'], usages: ['cRLSign'] }).pem],
    ['a good authority before a bad one', root.pem + root.issue({ subject: ['CN=web'] }).pem],
    ['a key of another curve', rootAuthority({ subject: ['CN=a'], keys: ecKeys('secp256k1') }).pem],
  ] as const) {
    test(`are not made of ${what}`, async () => {
      match(
        await refusal('POST', '/trustanchors', { name: 'a', source: bundle(pem) }),
        /^ValidationException: .*ertificate/,
      )
      match(await refusal('PATCH', anchorPath, { source: bundle(pem) }), /^ValidationException: .*ertificate/)
    })
  }
  test('are not made of a private CA of AWS', async () => {
    const source = {
      sourceType: 'AWS_ACM_PCA',
      sourceData: { acmPcaArn: 'arn:aws:acm-pca:us-east-1:1:certificate-authority/1' },
    }
    match(await refusal('POST', '/trustanchors', { name: 'a', source }), /CERTIFICATE_BUNDLE/)
  })
  test('keep what is to be told, until it is reset', async () => {
    const settings = async (path: string, body: object) =>
      (
        (await done('PATCH', path, { trustAnchorId: idIn(anchorArn), ...body })).trustAnchor as unknown as {
          notificationSettings: { event: string; threshold: number; configuredBy: string }[]
        }
      ).notificationSettings.map(({ event, threshold, configuredBy }) => [event, threshold, configuredBy])
    const event = 'CA_CERTIFICATE_EXPIRY'
    const usual = ['END_ENTITY_CERTIFICATE_EXPIRY', 45, 'rolesanywhere.amazonaws.com']
    deepEqual(
      await settings('/put-notifications-settings', {
        notificationSettings: [{ event, enabled: true, threshold: 30 }],
      }),
      [[event, 30, server.account], usual],
    )
    deepEqual(await settings('/reset-notifications-settings', { notificationSettingKeys: [{ event }] }), [
      [event, 45, 'rolesanywhere.amazonaws.com'],
      usual,
    ])
  })
  test('are listed by page, and a token opens no other list', async () => {
    for (const name of ['p1', 'p2']) await done('POST', '/trustanchors', { name, source: bundle(root.pem) })
    const names = async (path: string) => {
      const { trustAnchors, nextToken } = (await done('GET', path)) as unknown as {
        trustAnchors: { name: string }[]
        nextToken?: string
      }
      return { names: trustAnchors.map(({ name }) => name), nextToken }
    }
    const first = await names('/trustanchors?pageSize=2')
    equal(first.names.length, 2)
    const token = encodeURIComponent(first.nextToken ?? '')
    const rest = await names(`/trustanchors?pageSize=50&nextToken=${token}`)
    equal(rest.nextToken, undefined)
    deepEqual([...first.names, ...rest.names].sort(), ['anchor', 'p1', 'p2'])
    match(await refusal('GET', `/profiles?nextToken=${token}`), /Invalid nextToken/)
    deepEqual((await call('GET', '/trustanchors', undefined, server.root, 'eu-west-1')).text, '{"trustAnchors":[]}')
  })
})

describe('profiles', () => {
  test('are shown as they were made, with AWS’s mapping', async () => {
    const { profile } = await done('GET', profilePath)
    const { profileId, createdAt, updatedAt, ...rest } = profile as unknown as Record<string, unknown>
    equal(profileArn, `arn:aws:rolesanywhere:us-east-1:${server.account}:profile/${profileId}`)
    equal(createdAt, updatedAt)
    deepEqual(rest, {
      ...{
        profileArn,
        name: 'profile',
        enabled: true,
        roleArns: [roleArn],
        managedPolicyArns: [],
        durationSeconds: 7200,
      },
      ...{
        acceptRoleSessionName: false,
        requireInstanceProperties: false,
        createdBy: `arn:aws:iam::${server.account}:root`,
      },
      attributeMappings: [
        { certificateField: 'x509Subject', mappingRules: [{ specifier: '*' }] },
        { certificateField: 'x509Issuer', mappingRules: [{ specifier: '*' }] },
        {
          certificateField: 'x509SAN',
          mappingRules: [{ specifier: 'DNS' }, { specifier: 'URI' }, { specifier: 'Name/*' }],
        },
      ],
    })
  })
  test('are changed member by member', async () => {
    const { profile } = await done('POST', '/profiles', { name: 'change', roleArns: [roleArn] })
    const changes = {
      ...{ name: 'changed', durationSeconds: 900, acceptRoleSessionName: true, roleArns: [] },
      sessionPolicy: policy({ Action: 's3:*', Resource: '*' }),
      managedPolicyArns: ['arn:aws:iam::aws:policy/ReadOnlyAccess'],
    }
    for (const [member, value] of Object.entries(changes)) {
      const { profile: after } = await done('PATCH', `/profile/${profile.profileId}`, { [member]: value })
      deepEqual((after as unknown as Record<string, unknown>)[member], value)
    }
  })
  test('are not made of what could never be used', async () => {
    const make = (more: object) => refusal('POST', '/profiles', { name: 'p', roleArns: [roleArn], ...more })
    match(await make({ roleArns: ['arn:aws:iam::444455556666:role/Web'] }), /is not a role of account/)
    match(await make({ sessionPolicy: '{' }), /^ValidationException/)
    match(await make({ durationSeconds: 899 }), /^ValidationException/)
    match(await make({ durationSeconds: 43_201 }), /^ValidationException/)
    match(await make({ name: 'a/b' }), /^ValidationException/)
  })
  test('map what their rules say', async () => {
    const { profile } = await done('POST', '/profiles', { name: 'map', enabled: true, roleArns: [roleArn] })
    const path = `/profiles/${profile.profileId}/mappings`
    const rulesOf = ({ profile: { attributeMappings } }: { profile: { attributeMappings: readonly object[] } }) =>
      Object.fromEntries(
        (attributeMappings as { certificateField: string; mappingRules: { specifier: string }[] }[]).map((one) => [
          one.certificateField,
          one.mappingRules.map(({ specifier }) => specifier),
        ]),
      )
    const odd = root.issue({ subject: ['OU=ad(min', 'CN=web'], names: [{ dNSName: '*.example.com' }] })
    const how = { by: odd, profileArn: profile.profileArn }
    equal((await session(how)).status, 403)
    await done('DELETE', `${path}?certificateField=x509SAN&specifiers=DNS&specifiers=URI`)
    await done('DELETE', `${path}?certificateField=x509Subject`)
    const put = { certificateField: 'x509Subject', mappingRules: [{ specifier: 'CN' }, { specifier: '2.5.4.10' }] }
    deepEqual(rulesOf(await done('PUT', path, put)), {
      x509Subject: ['CN', '2.5.4.10'],
      x509Issuer: ['*'],
      x509SAN: ['Name/*'],
    })
    equal((await session(how)).status, 201)
    match(
      await refusal('PUT', path, { certificateField: 'x509SAN', mappingRules: [{ specifier: '*' }] }),
      /not a specifier/,
    )
    match(
      await refusal('PUT', path, { certificateField: 'x509Subject', mappingRules: [{ specifier: 'C*' }] }),
      /not a specifier/,
    )
  })
})

describe('revocation lists', () => {
  test('are imported, shown, replaced by newer ones, and removed with their anchor', async () => {
    const { trustAnchor } = await done('POST', '/trustanchors', { name: 'lists', source: bundle(root.pem) })
    const crlData = listOf([1n])
    const { crl } = await done('POST', '/crls', { name: 'l', crlData, trustAnchorArn: trustAnchor.trustAnchorArn })
    equal(crl.crlData, crlData)
    equal(crl.enabled, false)
    const path = `/crl/${crl.crlId}`
    const older = listOf([], { thisUpdate: new Date('2025-12-31T00:00:00Z') })
    match(await refusal('PATCH', path, { crlData: older }), /older/)
    const newer = listOf([1n, 2n], { thisUpdate: new Date('2026-02-01T00:00:00Z') })
    equal((await done('PATCH', path, { crlData: newer })).crl.crlData, newer)
    equal((await done('PATCH', path, { name: 'renamed' })).crl.crlData, newer)
    await done('DELETE', `/trustanchor/${trustAnchor.trustAnchorId}`)
    match(await refusal('GET', path), /^ResourceNotFoundException/)
  })
  const other = rootAuthority({ subject: ['O=Example', 'CN=Root'] })
  const changed = Buffer.from(root.revoke([1n]).der)
  changed.writeUInt8((changed.at(-1) ?? 0) ^ 1, changed.length - 1)
  const pem = (text: string) => Buffer.from(text).toString('base64')
  for (const [what, crlData] of [
    ['of another authority', pem(other.revoke([1n]).pem)],
    ['that has ended', listOf([1n], { nextUpdate: new Date('2026-08-31T00:00:00Z') })],
    ['that never ends', listOf([1n], { nextUpdate: null })],
    ['that is not valid yet', listOf([1n], { thisUpdate: new Date('2026-10-01T00:00:00Z') })],
    ['that is a certificate', pem(root.pem)],
    ['beside another', pem(root.revoke([1n]).pem + root.revoke([2n]).pem)],
    ['that was changed', pem(pemOf(changed, 'X509 CRL'))],
    ['in no form', pem('list')],
  ] as const) {
    test(`one ${what} is refused`, async () => {
      match(
        await refusal('POST', '/crls', { name: 'l', crlData, trustAnchorArn: anchorArn }),
        /^ValidationException: The CRL/,
      )
    })
  }
  test('are of an anchor that is there', async () => {
    const absent = anchorArn.replace(/[0-9a-f]{12}$/, '000000000000')
    for (const trustAnchorArn of [
      absent,
      anchorArn.replace(server.account, '444455556666'),
      profileArn.replace('profile', 'trust-anchor'),
    ]) {
      match(await refusal('POST', '/crls', { name: 'l', crlData: listOf([]), trustAnchorArn }), /is not a trust anchor/)
    }
  })
})

test('subjects are those who got a session, with their certificates', async () => {
  const by = root.issue({ subject: ['O=Example', 'CN=seen'], serial: 0x1234n })
  const { subjectArn } = JSON.parse((await session({ by, body: { instanceProperties: { host: 'h' } } })).text)
  await session({ by: root.issue({ subject: ['O=Example', 'CN=seen'], serial: 0x1235n }) })
  equal((await session({ by: rootAuthority({ subject: ['CN=x'] }).issue({ subject: ['CN=unseen'] }) })).status, 403)
  const { subject } = (await done('GET', `/subject/${idIn(subjectArn)}`)) as unknown as {
    subject: {
      x509Subject: string
      credentials: { serialNumber: string; x509CertificateData: string }[]
      instanceProperties: { properties: object }[]
    }
  }
  equal(subject.x509Subject, 'CN=seen,O=Example')
  deepEqual(
    subject.credentials.map(({ serialNumber }) => serialNumber),
    ['1235', '1234'],
  )
  equal(subject.credentials[1]?.x509CertificateData, by.pem)
  deepEqual(
    subject.instanceProperties.map(({ properties }) => properties),
    [{ host: 'h' }],
  )
  const { subjects } = (await done('GET', '/subjects')) as unknown as { subjects: { x509Subject: string }[] }
  ok(!subjects.some(({ x509Subject }) => x509Subject.includes('unseen')))
})

describe('tags', () => {
  test('are on all of them, and decide who may change what', async () => {
    const tags = [{ key: 'team', value: 'web' }]
    const { trustAnchor } = await done('POST', '/trustanchors', { name: 'tagged', tags, source: bundle(root.pem) })
    const resourceArn = trustAnchor.trustAnchorArn
    const shown = async () =>
      (await done('GET', `/ListTagsForResource?resourceArn=${encodeURIComponent(resourceArn)}`)).tags
    deepEqual(await shown(), tags)
    const own = { StringEquals: { 'aws:ResourceTag/team': 'web' } }
    const ann = await person(
      server.as(server.root),
      'ann',
      policy({ Action: 'rolesanywhere:*', Resource: '*', Condition: own }),
    )
    equal((await call('POST', `/trustanchor/${trustAnchor.trustAnchorId}/enable`, undefined, ann.keys)).status, 200)
    equal((await call('POST', `${anchorPath}/disable`, undefined, ann.keys)).status, 403)
    await done('POST', '/TagResource', {
      resourceArn,
      tags: [
        { key: 'Team', value: 'db' },
        { key: 'more', value: '' },
      ],
    })
    deepEqual(await shown(), [
      { key: 'Team', value: 'db' },
      { key: 'more', value: '' },
    ])
    equal((await call('POST', `/trustanchor/${trustAnchor.trustAnchorId}/disable`, undefined, ann.keys)).status, 403)
    await done('POST', '/UntagResource', { resourceArn, tagKeys: ['Team'] })
    deepEqual(await shown(), [{ key: 'more', value: '' }])
  })
  test('are refused where they could be another’s', async () => {
    const tag = (resourceArn: string, key = 'a') =>
      refusal('POST', '/TagResource', { resourceArn, tags: [{ key, value: '' }] })
    match(await tag(anchorArn, 'aws:x'), /aws:/)
    match(await tag(anchorArn.replace(server.account, '444455556666')), /^ResourceNotFoundException/)
    match(await tag(anchorArn.replace('us-east-1', 'eu-west-1')), /^ResourceNotFoundException/)
    match(await tag(roleArn), /Invalid resource ARN/)
  })
})
