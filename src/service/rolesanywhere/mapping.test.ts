// Which attributes become session tags, and which end the request.
import { deepEqual, equal, ok } from 'node:assert/strict'
import { test } from 'node:test'
import { readCertificate } from '../../federation/x509/certificate.ts'
import { type Issue, nameOf, rootAuthority, type SubjectText } from '../../federation/x509/testing/authority.ts'
import { readAttestation } from './attestation.ts'
import { isSpecifier, mapAttributes, usualMappings } from './mapping.ts'
import type { Mappings } from './records.ts'

const root = rootAuthority({ subject: ['O=Example', 'CN=Root'] })
function mapped(issue: Issue, mappings: Partial<Mappings> = {}) {
  const certificate = readCertificate(root.issue(issue).der)
  ok(certificate)
  const { tags, failed } = mapAttributes({ ...usualMappings, ...mappings }, certificate)
  return { tags: Object.fromEntries(tags.map(({ Key, Value }) => [Key, Value])), failed: Object.values(failed).flat() }
}
const issuer = { 'x509Issuer/O': 'Example', 'x509Issuer/CN': 'Root' }
const of = (...subject: SubjectText): Issue => ({ subject })

const rows: readonly (readonly [string, Issue, Partial<Mappings>, Record<string, string>, readonly string[]])[] = [
  [
    'names of all kinds',
    {
      subject: ['O=A', 'CN=web'],
      names: [
        { dNSName: 'a.b' },
        { dNSName: 'c.d' },
        { uniformResourceIdentifier: 'x://y' },
        { directoryName: nameOf(['CN=in']) },
        { directoryName: nameOf(['CN=second']) },
      ],
    },
    {},
    {
      'x509Subject/O': 'A',
      'x509Subject/CN': 'web',
      ...issuer,
      'x509SAN/DNS': 'a.b',
      'x509SAN/URI': 'x://y',
      'x509SAN/Name/CN': 'in',
    },
    [],
  ],
  [
    'several of one kind, in the order of the certificate',
    of('OU=B', 'OU=A', 'CN=web'),
    {},
    { 'x509Subject/OU': 'B/A', 'x509Subject/CN': 'web', ...issuer },
    [],
  ],
  ['several of one relative name', of(['OU=A', 'OU=B']), {}, { 'x509Subject/OU': 'A/B', ...issuer }, []],
  ['one with a slash alone', of('OU=A/B'), {}, { 'x509Subject/OU': 'A/B', ...issuer }, []],
  ['one with a slash beside another', of('OU=A/B', 'OU=C'), {}, issuer, ['OU']],
  ['an attribute without a short name', of('1.2.3.4=x', 'CN=web'), {}, { 'x509Subject/CN': 'web', ...issuer }, []],
  [
    'an attribute by its identifier',
    of('1.2.3.4=x', 'CN=web'),
    { x509Subject: ['1.2.3.4', '2.5.4.3'] },
    { 'x509Subject/1.2.3.4': 'x', 'x509Subject/2.5.4.3': 'web', ...issuer },
    [],
  ],
  [
    'one attribute by several rules',
    of('CN=web'),
    { x509Subject: ['*', 'CN'] },
    { 'x509Subject/CN': 'web', ...issuer },
    [],
  ],
  ['nothing by no rules', of('OU=ad(min', 'CN=web'), { x509Subject: [], x509Issuer: [] }, {}, []],
  [
    'what no rule names is not looked at',
    of('OU=ad(min', 'CN=web'),
    { x509Subject: ['CN'] },
    { 'x509Subject/CN': 'web', ...issuer },
    [],
  ],
  ['an empty value', of('OU=', 'CN=web'), {}, { 'x509Subject/CN': 'web', ...issuer }, ['OU']],
  ['letters of other alphabets', of('O=Bücher'), {}, { 'x509Subject/O': 'Bücher', ...issuer }, []],
]
for (const [what, issue, mappings, tags, failed] of rows) {
  test(`tags: ${what}`, () => deepEqual(mapped(issue, mappings), { tags, failed }))
}

for (const [field, specifier, is] of [
  ['x509Subject', '*', true],
  ['x509Subject', 'CN', true],
  ['x509Issuer', '2.5.4.3', true],
  ['x509Subject', 'C N', false],
  ['x509Subject', 'CN/OU', false],
  ['x509Subject', '', false],
  ['x509SAN', 'DNS', true],
  ['x509SAN', 'URI', true],
  ['x509SAN', 'Name/*', true],
  ['x509SAN', 'Name/CN', true],
  ['x509SAN', 'Name', false],
  ['x509SAN', 'Name/', false],
  ['x509SAN', '*', false],
  ['x509SAN', 'Name/CN/OU', false],
] as const) {
  test(`a rule of ${field}: ${specifier}: ${is}`, () => equal(isSpecifier(field, specifier), is))
}

test('an attestation that is not whole is none', () => {
  const good = 'us-east-1/profile/1788264005/key.01/root.02'
  deepEqual(readAttestation(good)?.issued, [
    { issuer: 'key', serial: '01' },
    { issuer: 'root', serial: '02' },
  ])
  for (const id of [
    '',
    'us-east-1',
    'us-east-1/profile/1788264005',
    'us-east-1/profile/x/key.01',
    'us-east-1/profile/1/key',
    'us-east-1/profile/1/key./x.1',
  ]) {
    equal(readAttestation(id), undefined, id)
  }
})
