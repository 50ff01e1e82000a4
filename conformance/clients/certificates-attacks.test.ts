// Certificates that must not begin a session, over the wire: of other issuers, other accounts, other names, and requests that were changed.
import { deepEqual, equal, ok } from 'node:assert/strict'
import { describe, test } from 'node:test'
import {
  ecKeys,
  type Issue,
  type Issued,
  rootAuthority,
  rsaKeys,
  type SubjectText,
} from '../../src/federation/x509/testing/authority.ts'
import {
  bundle,
  certificateRole,
  certificateWorld,
  credentialsIn,
  idIn,
  trustsCertificates,
} from './certificates-kit.ts'
import { textsOf } from './journals.ts'
import { person } from './people.ts'
import { type Answer, type Sent, send, sendBytes, withHeader, withoutHeader } from './raw.ts'
import type { SessionHow } from './session-request.ts'

const world = await certificateWorld()
const { server, root, session, request, done, call, anchorArn, profileArn, roleArn } = world
const web: Issue = { subject: ['O=Example', 'CN=web-1'] }
const leaf = root.issue(web)
const refusalOf = ({ status, code, message }: Answer) => [status, code, message]
const untrusted = [403, 'AccessDeniedException', 'Untrusted signing certificate']
const mismatch = [403, 'InvalidSignatureException']

/** Who gets in is no attack: the same request of the same certificate does. */
const getsIn = async (how: Partial<SessionHow> = {}) => equal((await session({ by: leaf, ...how })).status, 201)

describe('a certificate that is not accepted', () => {
  const other = rootAuthority({ subject: ['O=Example', 'CN=Root'] })
  const chain = (length: number) => {
    const all = [root]
    for (let at = 0; at < length; at++) all.push((all.at(-1) ?? root).authority({ subject: [`CN=${at}`] }))
    return { by: (all.at(-1) ?? root).issue(web), chain: all.slice(1) }
  }
  const cases: readonly (readonly [string, SessionHow, RegExp])[] = [
    ['of another authority of the same name', { by: other.issue(web) }, /certificate$/],
    ['of another authority, with its root', { by: other.issue(web), chain: [other] }, /certificate$/],
    ['that has ended', { by: root.issue({ ...web, until: new Date('2026-08-31T00:00:00Z') }) }, /expired\.$/],
    [
      'that is not valid yet',
      { by: root.issue({ ...web, from: new Date('2026-10-01T00:00:00Z') }) },
      /not valid yet\.$/,
    ],
    ['of the anchor itself', { by: root }, /of an authority\.$/],
    ['of the wrong use', { by: root.issue({ ...web, usages: ['keyEncipherment'] }) }, /digitalSignature/],
    ['without a subject', { by: root.issue({ subject: [], names: [{ dNSName: 'a.example' }] }) }, /empty\.$/],
    ['signed with SHA-1', { by: root.issue({ ...web, digest: 'sha1' }) }, /too weak/],
    ['of RSA with 1024 bits', { by: root.issue({ ...web, keys: rsaKeys(1024) }) }, /certificate$/],
    ['below six authorities', chain(6), /certificate$/],
    ['below five authorities, of which four are sent', { ...chain(5), chain: chain(5).chain.slice(1) }, /certificate$/],
  ]
  for (const [what, how, message] of cases) {
    test(what, async () => {
      const answer = await session(how)
      deepEqual([answer.status, answer.code], [403, 'AccessDeniedException'])
      ok(message.test(answer.message), answer.message)
    })
  }
  test('the operator is told why', async () => {
    await session({ by: root.issue({ ...web, until: new Date('2026-08-31T00:00:00Z') }) })
    const refusals = await textsOf(server.engine.store, 'refusals')
    ok(refusals.some((text) => text.includes('certificate-expired')))
  })
  test('below five authorities is accepted', () => getsIn(chain(5)))
})

describe('a request that is not as it was signed', () => {
  const good = request({ by: leaf })
  const changed = (change: (sent: Sent) => Sent) => send(server.port, change(good))
  const inTarget = (from: string, to: string) => changed((sent) => ({ ...sent, target: sent.target.replace(from, to) }))
  const header = (name: string, change: (value: string) => string) => changed((sent) => withHeader(sent, name, change))
  const cases: readonly (readonly [string, () => Promise<Answer>, readonly unknown[]])[] = [
    ['another body', () => changed((sent) => ({ ...sent, body: '{"durationSeconds":7200}' })), mismatch],
    ['another role', () => inTarget('Web', 'Admin'), mismatch],
    ['another profile', () => inTarget(idIn(profileArn), idIn(anchorArn)), mismatch],
    ['another anchor', () => inTarget(idIn(anchorArn), idIn(profileArn)), mismatch],
    ['a role more', () => changed((sent) => ({ ...sent, target: `${sent.target}&roleArn=x` })), mismatch],
    ['another certificate', () => header('x-amz-x509', () => root.issue(web).der.toString('base64')), mismatch],
    ['a chain that was added', () => header('x-amz-x509-chain', () => root.der.toString('base64')), mismatch],
    [
      'a certificate that was not signed',
      () => send(server.port, request({ by: leaf, unsigned: 'x-amz-x509' })),
      mismatch,
    ],
    [
      'a chain that was not signed',
      () => send(server.port, request({ by: leaf, chain: [root], unsigned: 'x-amz-x509-chain' })),
      mismatch,
    ],
    ['the key of another certificate', () => session({ by: leaf, key: ecKeys().privateKey }), mismatch],
    ['the serial number of another', () => session({ by: leaf, serial: 42n }), mismatch],
    [
      'a signature of 16 minutes ago',
      () => session({ by: leaf, at: new Date(server.now().getTime() - 960_000) }),
      mismatch,
    ],
    [
      'a signature in 16 minutes',
      () => session({ by: leaf, at: new Date(server.now().getTime() + 960_000) }),
      mismatch,
    ],
    ['a later date', () => header('x-amz-date', () => '20260901T120100Z'), mismatch],
    [
      'no certificate',
      () => changed((sent) => withoutHeader(sent, 'x-amz-x509')),
      [403, 'MissingAuthenticationTokenException'],
    ],
    ['no signature', () => changed((sent) => withoutHeader(sent, 'authorization')), [400, 'InvalidAction']],
    [
      'the signature of an access key',
      () => call('POST', good.target, {}),
      [403, 'MissingAuthenticationTokenException'],
    ],
    ['bytes that are no certificate', () => session({ by: { ...leaf, der: Buffer.from('MIIB') } }), untrusted],
    [
      'a byte after the certificate',
      () => session({ by: { ...leaf, der: Buffer.concat([leaf.der, Buffer.from([0])]) } }),
      untrusted,
    ],
    [
      'an indefinite length',
      () =>
        session({
          by: { ...leaf, der: Buffer.concat([Buffer.from([0x30, 0x80]), leaf.der.subarray(4), Buffer.from([0, 0])]) },
        }),
      untrusted,
    ],
    [
      'spaces in the certificate',
      () => session({ by: leaf, headers: { 'x-amz-x509': leaf.der.toString('base64').replace(/.{64}/, '$& ') } }),
      untrusted,
    ],
    [
      'an empty part in the chain',
      () => session({ by: leaf, headers: { 'x-amz-x509-chain': `${root.der.toString('base64')},` } }),
      untrusted,
    ],
  ]
  for (const [what, run, told] of cases) {
    test(what, async () => deepEqual(refusalOf(await run()).slice(0, told.length), told))
  }
  test('the same headers twice, whichever comes first', async () => {
    for (const name of ['X-Amz-X509', 'X-Amz-X509-Chain', 'Authorization', 'X-Amz-Date']) {
      const value = good.headers[good.headers.indexOf(name.toLowerCase()) + 1] ?? 'MIIB'
      const answer = await changed((sent) => ({ ...sent, headers: [...sent.headers, name, value, name, value] }))
      equal(answer.status, 400, name)
    }
  })
  test('more bytes of headers than there may be', async () => {
    const long = `POST /sessions HTTP/1.1\r\nhost: 127.0.0.1\r\nx-amz-x509-chain: ${'A'.repeat(100_000)}\r\n\r\n`
    ok((await sendBytes(server.port, long)).startsWith('HTTP/1.1 431'))
  })
  test('as it was signed it gets in, and within the time of a signature again', async () => {
    equal((await send(server.port, good)).status, 201)
    equal((await send(server.port, good)).status, 201)
  })
})

describe('what stands in another account or region, or is disabled', () => {
  const account = '444455556666'
  const elsewhere = (arn: string) => arn.replace(server.account, account)
  const cases: readonly (readonly [string, Partial<SessionHow>, string])[] = [
    [
      'an anchor of another account',
      { anchorArn: elsewhere(anchorArn) },
      'The trust anchor, the profile and the role must be of one account.',
    ],
    [
      'a profile of another account',
      { profileArn: elsewhere(profileArn) },
      'The trust anchor, the profile and the role must be of one account.',
    ],
    [
      'a role of another account',
      { roleArn: elsewhere(roleArn) },
      'The trust anchor, the profile and the role must be of one account.',
    ],
    [
      'an anchor of another region',
      { anchorArn: anchorArn.replace('us-east-1', 'eu-west-1') },
      'The trust anchor and the profile must be of the region that the request is signed for.',
    ],
    [
      'a request that is signed for another region',
      { region: 'eu-west-1' },
      'The trust anchor and the profile must be of the region that the request is signed for.',
    ],
    ['a profile in place of the anchor', { anchorArn: profileArn }, ''],
    ['an ARN with a path', { anchorArn: `${anchorArn}/x` }, `Invalid trust anchor ARN: ${anchorArn}/x`],
    [
      'a role with a wildcard',
      { roleArn: roleArn.replace('Web', '*') },
      'The trust anchor, the profile and the role must be of one account.',
    ],
  ]
  for (const [what, how, message] of cases) {
    test(what, async () => {
      const answer = await session({ by: leaf, ...how })
      deepEqual([answer.status, answer.code], [400, 'ValidationException'], answer.text)
      if (message !== '') equal(answer.message, message)
    })
  }
  test('an anchor of another account that has the same authority, all in that account', async () => {
    const answer = await session({
      by: leaf,
      ...{ anchorArn: elsewhere(anchorArn), profileArn: elsewhere(profileArn), roleArn: elsewhere(roleArn) },
    })
    deepEqual(refusalOf(answer), untrusted)
  })
  test('an anchor that is disabled, or not there, is like one that did not issue the certificate', async () => {
    const { trustAnchor } = await done('POST', '/trustanchors', { name: 'off', source: bundle(root.pem) })
    const absent = anchorArn.replace(/[0-9a-f]{12}$/, '000000000000')
    for (const arn of [trustAnchor.trustAnchorArn, absent]) {
      deepEqual(refusalOf(await session({ by: leaf, anchorArn: arn })), untrusted)
    }
  })
  test('a profile that is disabled, not there, or has not the role', async () => {
    const other = await certificateRole(server, 'Other')
    const off = (await done('POST', '/profiles', { name: 'off', roleArns: [roleArn] })).profile.profileArn
    const absent = profileArn.replace(/[0-9a-f]{12}$/, '000000000000')
    const says = `Unable to assume role for ${roleArn}`
    for (const [how, message] of [
      [{ profileArn: off }, `${says}. The profile is disabled.`],
      [{ profileArn: absent }, says],
      [{ roleArn: other }, `Unable to assume role for ${other}. The profile does not have the role.`],
    ] as const) {
      deepEqual(refusalOf(await session({ by: leaf, ...how })), [403, 'AccessDeniedException', message])
    }
  })
  test('a role that is not there is like one that does not trust', async () => {
    const [gone, strict] = [
      `${roleArn}-gone`,
      await certificateRole(server, 'Strict', trustsCertificates({ Bool: { 'aws:SecureTransport': 'true' } })),
    ]
    const { profile } = await done('POST', '/profiles', { name: 'both', enabled: true, roleArns: [gone, strict] })
    for (const role of [gone, strict]) {
      const answer = await session({ by: leaf, roleArn: role, profileArn: profile.profileArn })
      deepEqual(refusalOf(answer), [403, 'AccessDeniedException', `Unable to assume role for ${role}`])
    }
  })
})

describe('names that imitate another', () => {
  // An attribute that fails stands between blanks; none are two blanks.
  const failing = (subject: string, san = '  ') =>
    `Unable to assume role for ${roleArn}. Some attributes failed to be mapped into session tags. Issuer: [  ]; Subject: [${subject}]; SAN: [${san}]`
  const cases: readonly (readonly [string, Issue, string])[] = [
    ['a unit with the separator of two', { subject: ['OU=Security/Engineering', 'OU=x', 'CN=web-1'] }, failing(' OU ')],
    ['an empty unit beside another', { subject: ['OU=', 'OU=Security', 'CN=web-1'] }, failing(' OU ')],
    ['parentheses', { subject: ['OU=ad(min', 'CN=web-1'] }, failing(' OU ')],
    ['a comma', { subject: ['O=Example,CN=admin', 'CN=web-1'] }, failing(' O ')],
    ['an escaped comma', { subject: ['O=Example\\,CN=admin', 'CN=web-1'] }, failing(' O ')],
    ['a NUL', { subject: ['OU=admin\0', 'CN=web-1'] }, failing(' OU ')],
    ['a value of 257 characters', { subject: [`OU=${'a'.repeat(257)}`, 'CN=web-1'] }, failing(' OU ')],
    [
      'a host with a wildcard',
      { subject: ['CN=web-1'], names: [{ dNSName: '*.example.com' }] },
      failing('  ', ' DNS/2 '),
    ],
  ]
  for (const [what, issue, message] of cases) {
    test(what, async () => {
      deepEqual(refusalOf(await session({ by: root.issue(issue) })), [403, 'AccessDeniedException', message])
    })
  }
  const sourceIdentity = /common name of the certificate cannot be the source identity/
  for (const [what, subject] of [
    ['two common names', ['CN=web-1', 'CN=admin']],
    ['a common name with a blank', ['CN=web 1']],
    ['a common name with a slash', ['CN=web/1']],
    ['a common name of 62 characters', [`CN=${'a'.repeat(62)}`]],
  ] as readonly (readonly [string, SubjectText])[]) {
    test(`${what}: no source identity, no session`, async () => {
      const answer = await session({ by: root.issue({ subject }) })
      equal(answer.status, 403)
      ok(sourceIdentity.test(answer.message), answer.message)
    })
  }
  test('two units are another tag than one that is called so', async () => {
    const condition = { StringEquals: { 'aws:PrincipalTag/x509Subject/OU': 'Security/Engineering' } }
    const units = await certificateRole(server, 'Units', trustsCertificates(condition))
    const { profile } = await done('POST', '/profiles', { name: 'units', enabled: true, roleArns: [units] })
    const how = { roleArn: units, profileArn: profile.profileArn }
    await getsIn({ by: root.issue({ subject: ['OU=Security', 'OU=Engineering', 'CN=a'] }), ...how })
    for (const subject of [
      ['OU=Engineering', 'OU=Security', 'CN=a'],
      ['OU=Security', 'CN=a'],
      [['OU=Security', 'CN=a']],
    ] as const) {
      equal((await session({ by: root.issue({ subject }), ...how })).status, 403, JSON.stringify(subject))
    }
  })
  test('a tag of the caller’s choice does not stand for an attribute', async () => {
    const condition = { StringEquals: { 'aws:RequestTag/x509Subject/CN': 'admin' } }
    const admin = await certificateRole(server, 'Admin', trustsCertificates(condition))
    const { profile } = await done('POST', '/profiles', { name: 'admin', enabled: true, roleArns: [admin] })
    const how = { roleArn: admin, profileArn: profile.profileArn }
    await getsIn({ by: root.issue({ subject: ['CN=admin'] }), ...how })
    equal(
      (await session({ by: leaf, ...how, body: { tags: [{ key: 'x509Subject/CN', value: 'admin' }] } })).status,
      403,
    )
  })
})

describe('who may say whose certificates count', () => {
  const nobody = (issued: Issued) => bundle(issued.pem)
  test('is decided by policies, with iam:PassRole for the roles of a profile', async () => {
    const allow = (Action: string[]) =>
      JSON.stringify({ Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action, Resource: '*' }] })
    const ann = await person(server.as(server.root), 'ann', allow(['rolesanywhere:*']))
    const answer = await call('POST', '/profiles', { name: 'p', roleArns: [roleArn] }, ann.keys)
    deepEqual([answer.status, answer.code], [403, 'AccessDeniedException'])
    ok(answer.message.includes(`iam:PassRole on resource: ${roleArn}`), answer.message)
    equal((await call('POST', '/profiles', { name: 'p', roleArns: [] }, ann.keys)).status, 201)
    const bob = await person(server.as(server.root), 'bob', allow(['iam:PassRole']))
    equal((await call('POST', '/trustanchors', { name: 'a', source: nobody(root) }, bob.keys)).status, 403)
    equal((await call('GET', `/trustanchor/${idIn(anchorArn)}`, undefined, bob.keys)).status, 403)
  })
  test('is said without a private key: every backup would have it', async () => {
    const pem = root.pem + root.keys.privateKey.export({ format: 'pem', type: 'pkcs8' })
    const { status, message } = await call('POST', '/trustanchors', { name: 'a', source: bundle(pem) })
    deepEqual([status, message], [400, 'The certificate bundle holds a private key.'])
  })
  test('is no session of CreateSession without a policy that allows it', async () => {
    const { keys } = credentialsIn(await session({ by: leaf }))
    equal((await call('GET', '/trustanchors', undefined, keys)).status, 403)
  })
})
