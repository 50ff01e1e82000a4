// IAM Roles Anywhere over the whole server: certificates for sessions, what policies see of them, and what ends them.
import { deepEqual, equal, match, ok } from 'node:assert/strict'
import { describe, test } from 'node:test'
import { ListUsersCommand } from '@aws-sdk/client-iam'
import { AssumeRoleCommand, GetCallerIdentityCommand } from '@aws-sdk/client-sts'
import { ecKeys, type Issue, rootAuthority, rsaKeys } from '../../src/federation/x509/testing/authority.ts'
import {
  bundle,
  certificateRole,
  certificateWorld,
  credentialsIn,
  idIn,
  trustsCertificates,
} from './certificates-kit.ts'
import { textsOf } from './journals.ts'
import { keysOf, policy } from './people.ts'
import { refused } from './refused.ts'
import type { Keys } from './server.ts'
import type { SessionHow } from './session-request.ts'

const world = await certificateWorld()
const { server, root, session, done, anchorArn, roleArn } = world
const web: Issue = { subject: ['C=DE', 'O=Example', 'OU=Web', 'CN=web-1'], serial: 0xfedcba98765432100123n }
const leaf = root.issue(web)
const whoIs = (keys: Keys) => server.as(keys).sts.send(new GetCallerIdentityCommand({}))
const opens = async (keys: Keys) => {
  await whoIs(keys)
}
const ended = (keys: Keys) =>
  refused(whoIs(keys), ['InvalidClientTokenId', 403, 'The security token included in the request is invalid.'])
const begin = async (how: SessionHow) => {
  const answer = await session(how)
  equal(answer.status, 201, answer.text)
  return credentialsIn(answer)
}

const answered = async (how: SessionHow) => (await begin(how)).keys

/** A profile of its own, which may have another role than the usual one. */
const profileOf = async (more: object, roleArns = [roleArn]) =>
  (await done('POST', '/profiles', { name: 'own', enabled: true, roleArns, ...more })).profile.profileArn

describe('a certificate for a session', () => {
  for (const [kind, keys] of [
    ['P-256', ecKeys()],
    ['P-384', ecKeys('P-384')],
    ['RSA', rsaKeys()],
  ] as const) {
    test(`with a key of ${kind}`, async () => {
      const who = await whoIs(await answered({ by: root.issue({ ...web, keys, serial: 0x77n }) }))
      equal(who.Arn, `arn:aws:sts::${server.account}:assumed-role/Web/77`)
    })
  }
  test('is answered as AWS answers it', async () => {
    const answer = await session({ by: leaf })
    equal(answer.status, 201)
    const { credentialSet, subjectArn } = JSON.parse(answer.text)
    const [{ credentials, assumedRoleUser, ...rest }] = credentialSet
    deepEqual(Object.keys(credentials).sort(), ['accessKeyId', 'expiration', 'secretAccessKey', 'sessionToken'])
    equal(credentials.expiration, '2026-09-01T13:00:05Z')
    equal(assumedRoleUser.arn, `arn:aws:sts::${server.account}:assumed-role/Web/fedcba98765432100123`)
    match(assumedRoleUser.assumedRoleId, /^AROA\w+:fedcba98765432100123$/)
    deepEqual({ ...rest, packedPolicySize: 0 }, { packedPolicySize: 0, roleArn, sourceIdentity: 'CN=web-1' })
    match(subjectArn, /^arn:aws:rolesanywhere:us-east-1:111122223333:subject\/[0-9a-f-]{36}$/)
  })
  test('by an intermediate authority, whose certificate comes with it', async () => {
    const upper = root.authority({ subject: ['CN=Upper'] })
    const lower = upper.authority({ subject: ['CN=Lower'] })
    await opens(await answered({ by: lower.issue(web), chain: [lower, upper] }))
  })
  test('of a SPIFFE workload, whose trust domain’s bundle is the anchor', async () => {
    const domain = rootAuthority({
      subject: ['C=US', 'O=SPIFFE'],
      names: [{ uniformResourceIdentifier: 'spiffe://example.org' }],
    })
    const spiffeRole = await certificateRole(
      server,
      'Spiffe',
      trustsCertificates({ StringEquals: { 'aws:PrincipalTag/x509SAN/URI': 'spiffe://example.org/web' } }),
    )
    const { trustAnchor } = await done('POST', '/trustanchors', {
      name: 'spiffe',
      enabled: true,
      source: bundle(domain.pem),
    })
    const how = {
      anchorArn: trustAnchor.trustAnchorArn,
      profileArn: await profileOf({}, [spiffeRole]),
      roleArn: spiffeRole,
    }
    const svid = (id: string) =>
      domain.issue({
        subject: ['C=US', 'O=SPIRE'],
        names: [{ uniformResourceIdentifier: id }],
        extendedUsages: ['1.3.6.1.5.5.7.3.1', '1.3.6.1.5.5.7.3.2'],
      })
    await opens(await answered({ ...how, by: svid('spiffe://example.org/web') }))
    equal((await session({ ...how, by: svid('spiffe://example.org/web2') })).status, 403)
  })
  test('no longer than what was asked for, the profile, and the certificate', async () => {
    const expiration = async (by: SessionHow['by'], durationSeconds?: number) =>
      (await begin({ by, body: durationSeconds === undefined ? {} : { durationSeconds } })).expiration
    equal(await expiration(leaf, 900), '2026-09-01T12:15:05Z')
    equal(await expiration(leaf), '2026-09-01T14:00:05Z')
    equal(await expiration(leaf, 43_200), '2026-09-01T14:00:05Z')
    const short = root.issue({ ...web, until: new Date('2026-09-01T12:10:00Z') })
    equal(await expiration(short, 3600), '2026-09-01T12:09:59Z')
  })
  test('no longer than the role allows', async () => {
    const profile = await profileOf({ durationSeconds: 43_200 })
    const answer = await session({ by: leaf, profileArn: profile, body: { durationSeconds: 43_200 } })
    deepEqual(
      [answer.status, answer.code, answer.message],
      [400, 'ValidationException', 'The requested DurationSeconds exceeds the MaxSessionDuration set for this role.'],
    )
  })
  test('by a name of the caller’s, where the profile accepts one', async () => {
    const refusal = await session({ by: leaf, body: { roleSessionName: 'deploy' } })
    deepEqual(
      [refusal.status, refusal.code, refusal.message],
      [403, 'AccessDeniedException', 'Not authorized to set roleSessionName.'],
    )
    const own = await profileOf({ acceptRoleSessionName: true })
    const who = await whoIs(await answered({ by: leaf, profileArn: own, body: { roleSessionName: 'deploy' } }))
    match(who.Arn ?? '', /\/Web\/deploy$/)
  })
  test('with instance properties, where the profile requires them', async () => {
    const own = await profileOf({ requireInstanceProperties: true })
    equal((await session({ by: leaf, profileArn: own })).code, 'ValidationException')
    await answered({ by: leaf, profileArn: own, body: { instanceProperties: { host: 'web-1' } } })
  })
  test('within the session policies of the profile', async () => {
    const own = await profileOf({ sessionPolicy: policy({ Action: 'sts:*', Resource: '*' }) })
    const { iam } = server.as(await answered({ by: leaf, profileArn: own }))
    const users = iam.send(new ListUsersCommand({}))
    await users.then(
      () => ok(false),
      ({ name }) => equal(name, 'AccessDenied'),
    )
    const { iam: wide } = server.as(await answered({ by: leaf }))
    ok((await wide.send(new ListUsersCommand({}))).Users)
  })
})

describe('what a trust policy sees', () => {
  const cases: readonly (readonly [string, object, boolean])[] = [
    ['the trust anchor', { ArnEquals: { 'aws:SourceArn': anchorArn } }, true],
    ['another trust anchor', { ArnEquals: { 'aws:SourceArn': anchorArn.replace(/.$/, 'x') } }, false],
    ['the account', { StringEquals: { 'aws:SourceAccount': server.account } }, true],
    ['the subject’s common name', { StringEquals: { 'aws:PrincipalTag/x509Subject/CN': 'web-1' } }, true],
    ['another common name', { StringEquals: { 'aws:PrincipalTag/x509Subject/CN': 'web-2' } }, false],
    ['the issuer', { StringEquals: { 'aws:PrincipalTag/x509Issuer/CN': 'Root' } }, true],
    ['the tags of the request', { StringEquals: { 'aws:RequestTag/x509Subject/OU': 'Web' } }, true],
    ['the source identity', { StringEquals: { 'sts:SourceIdentity': 'CN=web-1' } }, true],
    [
      'the serial number as the session’s name',
      { StringEquals: { 'sts:RoleSessionName': 'fedcba98765432100123' } },
      true,
    ],
  ]
  for (const [at, [what, condition, isIn]] of cases.entries()) {
    test(what, async () => {
      const own = await certificateRole(server, `Seen${at}`, trustsCertificates(condition))
      const answer = await session({ by: leaf, roleArn: own, profileArn: await profileOf({}, [own]) })
      equal(answer.status, isIn ? 201 : 403, answer.text)
      if (!isIn) equal(answer.message, `Unable to assume role for ${own}`)
    })
  }
  for (const [missing, actions] of [
    ['sts:TagSession', ['sts:AssumeRole', 'sts:SetSourceIdentity']],
    ['sts:SetSourceIdentity', ['sts:AssumeRole', 'sts:TagSession']],
  ] as const) {
    test(`that it lacks ${missing}`, async () => {
      const trust = policy({ Principal: { Service: 'rolesanywhere.amazonaws.com' }, Action: actions })
      const own = await certificateRole(server, `Lacks-${missing.slice(4)}`, trust)
      equal((await session({ by: leaf, roleArn: own, profileArn: await profileOf({}, [own]) })).status, 403)
    })
  }
  test('a role that trusts another service', async () => {
    const trust = policy({ Principal: { Service: 'ec2.amazonaws.com' }, Action: ['sts:*'] })
    const own = await certificateRole(server, 'Ec2', trust)
    equal((await session({ by: leaf, roleArn: own, profileArn: await profileOf({}, [own]) })).status, 403)
  })
})

test('the record says whose certificate it was, and no credential', async () => {
  const keys = await answered({ by: leaf })
  const texts = await textsOf(server.engine.store, 'audit')
  const text = texts.findLast((one) => one.includes('CreateSession')) ?? ''
  ok(
    text.includes('fedcba98765432100123') &&
      text.includes('CN=web-1,OU=Web,O=Example,C=DE') &&
      text.includes(anchorArn),
  )
  ok(!text.includes(keys.secretAccessKey) && !text.includes(keys.sessionToken ?? ''))
})

describe('a session ends with what vouches for it', () => {
  const own = rootAuthority({ subject: ['CN=Own'] })
  const anchorOf = async (pem = own.pem) =>
    (await done('POST', '/trustanchors', { name: 'own', enabled: true, source: bundle(pem) })).trustAnchor
  const listOf = (serials: readonly bigint[], authority = own) => ({
    ...{ name: 'list', enabled: true },
    crlData: Buffer.from(authority.revoke(serials).pem).toString('base64'),
  })

  test('a disabled anchor, until it is enabled again; with what descends from it', async () => {
    const { trustAnchorArn, trustAnchorId } = await anchorOf()
    const keys = await answered({ by: own.issue(web), anchorArn: trustAnchorArn })
    const next = await certificateRole(server, 'Next', policy({ Principal: { AWS: roleArn }, Action: ['sts:*'] }))
    const chained = await server.as(keys).sts.send(new AssumeRoleCommand({ RoleArn: next, RoleSessionName: 'next' }))
    const chainedKeys = keysOf(chained.Credentials)
    await opens(chainedKeys)
    await done('POST', `/trustanchor/${trustAnchorId}/disable`)
    await ended(keys)
    await ended(chainedKeys)
    equal((await session({ by: own.issue(web), anchorArn: trustAnchorArn })).status, 403)
    await done('POST', `/trustanchor/${trustAnchorId}/enable`)
    await opens(chainedKeys)
  })
  test('a deleted anchor, though one is made of the same authority', async () => {
    const { trustAnchorArn, trustAnchorId } = await anchorOf()
    const keys = await answered({ by: own.issue(web), anchorArn: trustAnchorArn })
    await done('DELETE', `/trustanchor/${trustAnchorId}`)
    await anchorOf()
    await ended(keys)
  })
  test('an anchor that has other authorities now', async () => {
    const { trustAnchorArn, trustAnchorId } = await anchorOf()
    const keys = await answered({ by: own.issue(web), anchorArn: trustAnchorArn })
    const other = rootAuthority({ subject: ['CN=Own'] })
    await done('PATCH', `/trustanchor/${trustAnchorId}`, { source: bundle(other.pem + own.pem) })
    await opens(keys)
    await done('PATCH', `/trustanchor/${trustAnchorId}`, { source: bundle(other.pem) })
    await ended(keys)
  })
  test('a disabled profile, and a deleted one', async () => {
    const own = await profileOf({})
    const keys = await answered({ by: leaf, profileArn: own })
    await done('POST', `/profile/${idIn(own)}/disable`)
    await ended(keys)
    await done('POST', `/profile/${idIn(own)}/enable`)
    await opens(keys)
    await done('DELETE', `/profile/${idIn(own)}`)
    await ended(keys)
  })
  test('a certificate that is revoked, and those beside it go on', async () => {
    const { trustAnchorArn } = await anchorOf()
    const [bad, good] = [own.issue({ ...web, serial: 0x66n }), own.issue({ ...web, serial: 0x65n })]
    const keys = await answered({ by: bad, anchorArn: trustAnchorArn })
    const others = await answered({ by: good, anchorArn: trustAnchorArn })
    const { crl } = await done('POST', '/crls', { ...listOf([0x66n]), enabled: false, trustAnchorArn })
    await opens(keys)
    await done('POST', `/crl/${crl.crlId}/enable`)
    await ended(keys)
    await opens(others)
    const again = await session({ by: bad, anchorArn: trustAnchorArn })
    deepEqual(
      [again.status, again.message],
      [403, 'Untrusted signing certificate. The certificate, or one of an authority above it, is revoked.'],
    )
  })
  test('an intermediate that is revoked', async () => {
    const { trustAnchorArn } = await anchorOf()
    const lower = own.authority({ subject: ['CN=Lower'] })
    const keys = await answered({ by: lower.issue(web), chain: [lower], anchorArn: trustAnchorArn })
    await done('POST', '/crls', { ...listOf([lower.serial]), trustAnchorArn })
    await ended(keys)
  })
  test('a certificate that its intermediate revokes, whose certificate the anchor has', async () => {
    const lower = own.authority({ subject: ['CN=Lower'] })
    const { trustAnchorArn, trustAnchorId } = await anchorOf(own.pem + lower.pem)
    const bad = lower.issue({ ...web, serial: 0x99n })
    const keys = await answered({ by: bad, chain: [lower], anchorArn: trustAnchorArn })
    await done('POST', '/crls', { ...listOf([0x99n], lower), trustAnchorArn })
    await ended(keys)
    // The list holds for certificates of that authority, even where the anchor has it no more.
    await done('PATCH', `/trustanchor/${trustAnchorId}`, { source: bundle(own.pem) })
    equal((await session({ by: bad, chain: [lower], anchorArn: trustAnchorArn })).status, 403)
  })
  test('a list that has ended lets nobody in, until there is another', async () => {
    const { trustAnchorArn } = await anchorOf()
    const by = own.issue(web)
    const nextUpdate = new Date(server.now().getTime() + 600_000)
    const list = { name: 'list', enabled: true, trustAnchorArn }
    const crlData = Buffer.from(own.revoke([1n], { nextUpdate }).pem).toString('base64')
    const { crl } = await done('POST', '/crls', { ...list, crlData })
    const keys = await answered({ by, anchorArn: trustAnchorArn })
    await server.move(601_000)
    await ended(keys)
    const answer = await session({ by, anchorArn: trustAnchorArn })
    equal(answer.message, 'Untrusted signing certificate. The revocation list of the trust anchor has expired.')
    await done('PATCH', `/crl/${crl.crlId}`, { crlData: listOf([1n]).crlData })
    await opens(keys)
  })
  test('the certificate itself', async () => {
    const { trustAnchorArn } = await anchorOf()
    const until = new Date(server.now().getTime() + 1_800_000)
    const keys = await answered({ by: own.issue({ ...web, until }), anchorArn: trustAnchorArn })
    await opens(keys)
    await server.move(1_801_000)
    const call = whoIs(keys)
    await call.then(
      () => ok(false, 'it opens'),
      ({ name }) => ok(['ExpiredToken', 'InvalidClientTokenId'].includes(name)),
    )
  })
})
