// Attacks on a path of certificates, and what is sound beside each.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { GeneralName, GeneralSubtree, GeneralSubtrees, NameConstraints } from '@peculiar/asn1-x509'
import { readCertificate } from './certificate.ts'
import { nameKey, printedName } from './name.ts'
import { type PathRejection, validatePath } from './path.ts'
import {
  type Authority,
  ecKeys,
  extension,
  type Issue,
  type Issued,
  nameOf,
  rootAuthority,
  rsaKeys,
  type SubjectText,
  testFrom,
  testUntil,
} from './testing/authority.ts'

const now = new Date('2026-11-29T12:00:00Z').getTime()
const root = rootAuthority({ subject: ['O=Example', 'CN=Root'] })
const read = ({ der }: Issued) => {
  const certificate = readCertificate(der)
  assert.ok(certificate, 'the certificate can be read')
  return certificate
}
const outcome = (
  leaf: Issued,
  intermediates: readonly Issued[] = [],
  anchors: readonly Issued[] = [root],
  at = now,
) => {
  const path = validatePath(read(leaf), intermediates.map(read), anchors.map(read), at)
  return 'rejected' in path ? path.rejected : path
}
const sound = (...args: Parameters<typeof outcome>) => {
  const path = outcome(...args)
  assert.ok(typeof path === 'object', `a path, and not ${path}`)
  return path
}
const web: Issue = { subject: ['O=Example', 'CN=web'] }

const subtrees = (...bases: ConstructorParameters<typeof GeneralName>[0][]) =>
  new GeneralSubtrees(bases.map((base) => new GeneralSubtree({ base: new GeneralName(base) })))
const constrained = (constraints: ConstructorParameters<typeof NameConstraints>[0]) =>
  root.authority({
    subject: ['CN=Constrained'],
    extensions: [extension('2.5.29.30', new NameConstraints(constraints), true)],
  })

test('a certificate of the anchor is trusted until the first of the two ends', () => {
  const path = sound(root.issue({ ...web, until: new Date('2027-01-01T00:00:00Z') }))
  assert.equal(new Date(path.notAfter).toISOString(), '2027-01-01T00:00:00.000Z')
  assert.deepEqual(
    path.certificates.map(({ subject }) => printedName(subject)),
    ['CN=web,O=Example'],
  )
})

test('intermediates come in any order, with others between them', () => {
  const upper = root.authority({ subject: ['CN=Upper'] })
  const lower = upper.authority({ subject: ['CN=Lower'] })
  const other = rootAuthority({ subject: ['CN=Other'] })
  assert.equal(sound(lower.issue(web), [upper, other, lower]).certificates.length, 3)
})

test('an anchor may be an authority that another issued, without that one', () => {
  const upper = root.authority({ subject: ['CN=Upper'] })
  assert.equal(sound(upper.issue(web), [], [upper]).certificates.length, 1)
})

for (const [kind, keys] of [
  ['RSA of 2048 bits', rsaKeys(2048)],
  ['P-384', ecKeys('P-384')],
  ['P-521', ecKeys('P-521')],
] as const) {
  test(`${kind} is strong enough, of workload and authority`, () => {
    const authority = rootAuthority({ subject: ['CN=Strong'], keys, digest: 'sha384' })
    sound(authority.issue({ ...web, keys }), [], [authority])
  })
}

const below = (how: Partial<Issue>) => {
  const authority = root.authority({ subject: ['CN=Below'], ...how })
  return [authority.issue(web), [authority]] as const
}

const chainOf = (length: number) => {
  const chain: Authority[] = [root]
  for (let at = 0; at < length; at++) chain.push((chain.at(-1) as Authority).authority({ subject: [`CN=Link ${at}`] }))
  return { leaf: (chain.at(-1) as Authority).issue(web), intermediates: chain.slice(1) }
}

const refused: readonly (readonly [string, PathRejection, () => ReturnType<typeof outcome>])[] = [
  ['ended a second ago', 'expired', () => outcome(root.issue({ ...web, until: new Date(now - 1000) }))],
  ['valid in a second', 'not-yet-valid', () => outcome(root.issue({ ...web, from: new Date(now + 1000) }))],
  ['of an authority that ended', 'expired', () => outcome(...below({ until: new Date(now - 1000) }))],
  ['of an authority that is not valid yet', 'not-yet-valid', () => outcome(...below({ from: new Date(now + 1000) }))],
  [
    'of an anchor that ended',
    'expired',
    () =>
      outcome(
        root.issue({ ...web, until: new Date(testUntil.getTime() + 9e9) }),
        [],
        [root],
        testUntil.getTime() + 1000,
      ),
  ],
  [
    'of an anchor that is not valid yet',
    'not-yet-valid',
    () => outcome(root.issue({ ...web, from: new Date(0) }), [], [root], testFrom.getTime() - 1000),
  ],
  ['of somebody else', 'untrusted', () => outcome(rootAuthority({ subject: ['CN=Other'] }).issue(web))],
  [
    'of somebody else of the same name',
    'untrusted',
    () => outcome(rootAuthority({ subject: ['O=Example', 'CN=Root'] }).issue(web)),
  ],
  [
    'of somebody else, who sends its own root',
    'untrusted',
    () => {
      const other = rootAuthority({ subject: ['CN=Other'] })
      return outcome(other.issue(web), [other])
    },
  ],
  ['signed by itself', 'untrusted', () => outcome(rootAuthority({ ...web, authority: 'no' }))],
  ['without its intermediate', 'untrusted', () => outcome(below({})[0])],
  [
    'of an authority by its name in one text',
    'untrusted',
    () => {
      const comma = rootAuthority({ subject: ['O=Example,CN=Root'], keys: root.keys })
      return outcome(comma.issue(web))
    },
  ],
  [
    'of an authority by its attributes in one relative name',
    'untrusted',
    () => {
      const joined = rootAuthority({ subject: [['O=Example', 'CN=Root']], keys: root.keys })
      return outcome(joined.issue(web))
    },
  ],
  ['of the wrong use', 'usage', () => outcome(root.issue({ ...web, usages: ['keyEncipherment'] }))],
  ['that states no use', 'usage', () => outcome(root.issue({ ...web, usages: null }))],
  ['for servers alone', 'usage', () => outcome(root.issue({ ...web, extendedUsages: ['1.3.6.1.5.5.7.3.1'] }))],
  [
    'of an authority, as a workload',
    'authority',
    () => outcome(root.authority({ subject: ['CN=Below'], usages: ['digitalSignature', 'keyCertSign'] })),
  ],
  ['that is the anchor itself', 'authority', () => outcome(root)],
  ['of RSA with 1024 bits', 'weak', () => outcome(root.issue({ ...web, keys: rsaKeys(1024) }))],
  ['on a curve that is not of NIST', 'weak', () => outcome(root.issue({ ...web, keys: ecKeys('secp256k1') }))],
  ['signed with SHA-1', 'weak', () => outcome(root.issue({ ...web, digest: 'sha1' }))],
  ['of an authority of RSA with 1024 bits', 'weak', () => outcome(...below({ keys: rsaKeys(1024) }))],
  ['of an authority that was signed with SHA-1', 'untrusted', () => outcome(...below({ digest: 'sha1' }))],
  ['of version 1', 'version', () => outcome(root.issue({ ...web, version: 1 }))],
  [
    'of an issuer that is a workload',
    'issuer-not-authority',
    () => outcome(...below({ authority: 'no', usages: ['keyCertSign'] })),
  ],
  [
    'of an issuer that says nothing of authority',
    'issuer-not-authority',
    () => outcome(...below({ authority: null, usages: ['keyCertSign'] })),
  ],
  [
    'of an authority that may not sign certificates',
    'issuer-not-authority',
    () => outcome(...below({ usages: ['cRLSign'] })),
  ],
  [
    'of an authority for servers alone',
    'issuer-not-authority',
    () => outcome(...below({ extendedUsages: ['1.3.6.1.5.5.7.3.1'] })),
  ],
  [
    'without a subject',
    'empty-subject',
    () => outcome(root.issue({ subject: [], names: [{ dNSName: 'web.example.com' }] })),
  ],
  [
    'with a critical extension that nobody knows',
    'unknown-critical-extension',
    () =>
      outcome(
        root.issue({ ...web, extensions: [extension('1.3.6.1.4.1.99999.1', new GeneralName({ dNSName: 'x' }), true)] }),
      ),
  ],
  [
    'of an authority with such an extension',
    'unknown-critical-extension',
    () => outcome(...below({ extensions: [extension('2.5.29.36', new GeneralSubtrees([]), true)] })),
  ],
  [
    'below an authority that allows none below it',
    'path-too-long',
    () => {
      const upper = root.authority({ subject: ['CN=Upper'], authority: { pathLength: 0 } })
      const lower = upper.authority({ subject: ['CN=Lower'] })
      return outcome(lower.issue(web), [upper, lower])
    },
  ],
  [
    'with twenty authorities',
    'path-too-long',
    () => {
      const { leaf, intermediates } = chainOf(20)
      return outcome(leaf, intermediates)
    },
  ],
  [
    'of twenty authorities, of which five are sent',
    'untrusted',
    () => {
      const { leaf, intermediates } = chainOf(20)
      return outcome(leaf, intermediates.slice(-5))
    },
  ],
  [
    'of authorities that issue each other',
    'untrusted',
    () => {
      const [a, b] = [ecKeys(), ecKeys()]
      const one = rootAuthority({ subject: ['CN=A'], keys: a })
      const two = rootAuthority({ subject: ['CN=B'], keys: b })
      return outcome(one.issue(web), [
        two.authority({ subject: ['CN=A'], keys: a }),
        one.authority({ subject: ['CN=B'], keys: b }),
        one,
        two,
      ])
    },
  ],
]
for (const [what, why, run] of refused) test(`refused: a certificate ${what}`, () => assert.equal(run(), why))

const constraints: readonly (readonly [string, ConstructorParameters<typeof NameConstraints>[0], Issue, boolean])[] = [
  [
    'a host below the permitted domain',
    { permittedSubtrees: subtrees({ dNSName: 'example.com' }) },
    { ...web, names: [{ dNSName: 'web.example.com' }] },
    true,
  ],
  [
    'a host that ends like it',
    { permittedSubtrees: subtrees({ dNSName: 'example.com' }) },
    { ...web, names: [{ dNSName: 'webexample.com' }] },
    false,
  ],
  [
    'a second host elsewhere',
    { permittedSubtrees: subtrees({ dNSName: 'example.com' }) },
    { ...web, names: [{ dNSName: 'a.example.com' }, { dNSName: 'evil.test' }] },
    false,
  ],
  [
    'an excluded host in capitals',
    { excludedSubtrees: subtrees({ dNSName: 'example.com' }) },
    { ...web, names: [{ dNSName: 'WEB.EXAMPLE.COM' }] },
    false,
  ],
  [
    'an excluded host with a dot after it',
    { excludedSubtrees: subtrees({ dNSName: 'example.com' }) },
    { ...web, names: [{ dNSName: 'web.example.com.' }] },
    false,
  ],
  [
    'a workload of the permitted trust domain',
    { permittedSubtrees: subtrees({ uniformResourceIdentifier: 'example.org' }) },
    { ...web, names: [{ uniformResourceIdentifier: 'spiffe://example.org/web' }] },
    true,
  ],
  [
    'a workload of another trust domain',
    { permittedSubtrees: subtrees({ uniformResourceIdentifier: 'example.org' }) },
    { ...web, names: [{ uniformResourceIdentifier: 'spiffe://evil.test/web' }] },
    false,
  ],
  [
    'a trust domain before an @',
    { permittedSubtrees: subtrees({ uniformResourceIdentifier: 'example.org' }) },
    { ...web, names: [{ uniformResourceIdentifier: 'spiffe://example.org@evil.test/web' }] },
    false,
  ],
  [
    'a URI without a host',
    { excludedSubtrees: subtrees({ uniformResourceIdentifier: 'example.org' }) },
    { ...web, names: [{ uniformResourceIdentifier: 'urn:example.org' }] },
    false,
  ],
  [
    'a subject below the permitted name',
    { permittedSubtrees: subtrees({ directoryName: nameOf(['O=Example']) }) },
    web,
    true,
  ],
  [
    'a subject beside it',
    { permittedSubtrees: subtrees({ directoryName: nameOf(['O=Example']) }) },
    { subject: ['O=Example2', 'CN=web'] },
    false,
  ],
  [
    'a subject with it in one text',
    { permittedSubtrees: subtrees({ directoryName: nameOf(['O=Example']) }) },
    { subject: ['O=Example,CN=web'] },
    false,
  ],
  [
    'a mail address of another host, in the subject',
    { permittedSubtrees: subtrees({ rfc822Name: 'example.com' }) },
    { subject: ['CN=web', 'email=a@evil.test'] },
    false,
  ],
  [
    'an excluded mailbox with a dot after its host',
    { excludedSubtrees: subtrees({ rfc822Name: 'a@example.com' }) },
    { ...web, names: [{ rfc822Name: 'a@example.com.' }] },
    false,
  ],
  [
    'an address, where addresses are constrained',
    { excludedSubtrees: subtrees({ iPAddress: '0.0.0.0' }) },
    { ...web, names: [{ iPAddress: '10.0.0.1' }] },
    false,
  ],
]
for (const [what, how, issue, isAllowed] of constraints) {
  test(`name constraints ${isAllowed ? 'allow' : 'refuse'} ${what}`, () => {
    const authority = constrained(how)
    const found = outcome(authority.issue(issue), [authority])
    assert.equal(typeof found === 'object' ? true : found, isAllowed || 'name-constraints')
  })
}

const spellings: readonly (readonly [string, SubjectText, SubjectText])[] = [
  ['in another case', ['O=EXAMPLE', 'CN=web'], ['O=Example']],
  ['with blanks around it', ['O= Example ', 'CN=web'], ['O=Example']],
  ['with more blanks inside', ['O=Ex  ample', 'CN=web'], ['O=Ex ample']],
  ['in characters of another width', ['O=\uff25xample', 'CN=web'], ['O=Example']],
  ['in a type of text whose characters are not certain', ['teletex O=Example', 'CN=web'], ['O=Example']],
  ['with its attributes in another order', [['OU=b', 'CN=a']], [['CN=a', 'OU=b']]],
]
for (const [how, subject, base] of spellings) {
  test(`name constraints refuse an excluded subject ${how}`, () => {
    const excluded = { directoryName: nameOf(base) }
    const strict = constrained({ excludedSubtrees: subtrees(excluded) })
    assert.equal(outcome(strict.issue({ subject }), [strict]), 'name-constraints')
    const lenient = constrained({ excludedSubtrees: subtrees({ directoryName: nameOf(['O=Other', ...base]) }) })
    sound(lenient.issue({ subject }), [lenient])
  })
}

test('name constraints hold for authorities further down', () => {
  const upper = constrained({ permittedSubtrees: subtrees({ dNSName: 'example.com' }) })
  const lower = upper.authority({ subject: ['CN=Lower'] })
  const evil = lower.issue({ ...web, names: [{ dNSName: 'evil.test' }] })
  assert.equal(outcome(evil, [upper, lower]), 'name-constraints')
})

test('an authority that another one constrains may be reached by a path without constraints', () => {
  const keys = ecKeys()
  const strict = constrained({ permittedSubtrees: subtrees({ dNSName: 'example.com' }) })
  const [crossed, plain] = [strict, root].map((issuer) => issuer.authority({ subject: ['CN=Lower'], keys })) as [
    Authority,
    Authority,
  ]
  sound(plain.issue({ ...web, names: [{ dNSName: 'evil.test' }] }), [strict, crossed, plain])
})

test('names differ whatever their print', () => {
  const imitations = [
    ['CN=a', 'OU=b'],
    ['CN=a,OU=b'],
    [['CN=a', 'OU=b']],
    ['CN=a+OU=b'],
    ['CN=a/OU=b'],
    ['CN=a\\,OU=b'],
    ['CN=a\0', 'OU=b'],
    ['CN=A', 'OU=b'],
  ] as const
  const keys = imitations.map((subject) => nameKey(read(root.issue({ subject })).subject))
  assert.equal(new Set(keys).size, imitations.length)
})
