import { deepEqual, equal, ok } from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { describe, test } from 'node:test'
import { readYaml } from '../../../../config/yaml-file.ts'
import { Secret } from '../../../../core/secret.ts'
import { readPeople } from './people-file.ts'

const base = 'OU=Groups,DC=corp,DC=example'
const given = {
  files: new Map([
    ['bind.secret', 'hunter2\n'],
    ['empty.secret', '\n'],
    ['two-lines.secret', 'planted-a\nplanted-b\n'],
    ['no.pem', 'planted text'],
  ]),
  environment: new Map([['BIND', 'from the environment']]),
}

async function read(text: string, development = false) {
  const file = await readYaml('people.yaml', text)
  const node = file.contents?.kind === 'mapping' ? file.contents.pairs[0]?.value : undefined
  const section = node === undefined ? undefined : readPeople(file, node, { given, development })
  return { section, problems: file.problems.map((problem) => problem.replace(/^people\.yaml:/, '')) }
}

/** A section with one directory and one provider; each argument adds lines at its place. */
const people = (more: { corp?: string; sso?: string; rows?: string; top?: string } = {}) => `people:
  brokers: [{ account: '111122223333', user: hallpass-broker }]
  connectors:
    - name: corp
      kind: directory
      preset: active-directory
      servers: [ldaps://dc1.corp.example]
      bind-name: cn=hallpass,dc=corp,dc=example
      bind-password-file: bind.secret
      people: { base: 'DC=corp,DC=example' }
      groups: { base: '${base}' }${more.corp ?? ''}
    - { name: sso, kind: oidc, issuer: 'https://sso.example', client-id: hallpass${more.sso ?? ''} }
  assignments:${more.rows ?? ' []'}${more.top ?? ''}
`
const row = (text: string) => `\n    - { connector: corp, ${text} }`
const admins = `group: 'CN=Admins,${base}'`
const admin = 'arn:aws:iam::111122223333:role/Admin'
const pattern = (text: string, accounts: string, more = `, base: '${base}'`) =>
  row(`pattern: '${text}', accounts: ${accounts}${more}`)
const prod = "{ prod: '444455556666' }"

test('a section becomes connectors, broker users, targets and rows', async () => {
  const { section, problems } = await read(
    people({
      corp: '\n      tags: { Department: department }\n      attempts: { failures: 3 }\n      sign-in-hours: 8',
      rows: `${row(`${admins}, roles: ['${admin}'], session-duration: 28800, tags: { Team: x }, second-factor: true`)}${pattern('AWS-{account}-{role}', "{ prod: '444455556666', '000123456789': '000123456789' }")}`,
      top: "\n  device-networks: ['10.0.0.0/8']\n  targets: [{ name: aws, accounts: ['999900001111'] }]",
    }),
  )
  deepEqual(problems, [])
  const [corp, sso] = section?.connectors ?? []
  ok(corp?.kind === 'directory')
  equal(corp.directory.bind?.password.reveal(), 'hunter2')
  equal(corp.signInSeconds, 8 * 3600)
  deepEqual(corp.attempts, { failures: 3, seconds: 900 })
  deepEqual(corp.directory.people, {
    base: 'DC=corp,DC=example',
    objectClass: 'user',
    loginAttributes: ['userPrincipalName', 'sAMAccountName'],
    nameAttribute: 'sAMAccountName',
    idAttribute: 'objectGUID',
    attributes: ['department'],
  })
  equal(corp.directory.allowsPlain, undefined)
  ok(sso?.kind === 'oidc' && sso.scopes.includes('openid'))
  deepEqual(section?.assignments[0], {
    ...{ place: 'people.yaml:17:7', connector: 'corp', match: { group: `CN=Admins,${base}` }, roles: [admin] },
    ...{ entitlements: [], sessionSeconds: 28_800, tags: [{ Key: 'Team', Value: 'x' }], multiFactor: true },
  })
  deepEqual(section?.assignments[1]?.match, {
    pattern: 'AWS-{account}-{role}',
    base,
    accounts: new Map([
      ['prod', '444455556666'],
      ['000123456789', '000123456789'],
    ]),
  })
  equal(section?.targets[0]?.sts, 'https://sts.us-east-1.amazonaws.com')
})

test('a password may come from the environment', async () => {
  const text = people().replace('bind-password-file: bind.secret', 'bind-password-env: BIND')
  const [corp] = (await read(text)).section?.connectors ?? []
  ok(corp?.kind === 'directory' && corp.directory.bind?.password instanceof Secret)
  equal(corp.directory.bind.password.reveal(), 'from the environment')
})

test('the keys of accounts keep their zeros without quotes too', async () => {
  const { section, problems } = await read(
    people({ rows: pattern('AWS-{account}-{role}', "{ 000123456789: '000123456789' }") }),
  )
  deepEqual(problems, [])
  const match = section?.assignments[0]?.match
  ok(match !== undefined && 'pattern' in match)
  deepEqual([...match.accounts], [['000123456789', '000123456789']])
})

describe('a mistake is said with its place, and nothing is applied', () => {
  const swapped = (from: string, to: string) => people().replace(from, to)
  const rows: Record<string, readonly [string, RegExp]> = {
    'an unknown member': [
      people({ corp: '\n      password: planted' }),
      /^12:7: people\.connectors\[0\]\.password: no such setting$/,
    ],
    'a kind that there is not': [
      swapped('kind: directory', 'kind: ldap'),
      /^5:13: .*kind: must be one of directory, oidc, saml/,
    ],
    'a member of another kind': [people({ sso: ', servers: []' }), /servers: no such setting/],
    'an account that is a number': [
      swapped("'111122223333'", '111122223333'),
      /^2:24: .*account: must be a string: put it in quotes/,
    ],
    'an account of eleven digits': [swapped("'111122223333'", "'11112222333'"), /must be 12 digits/],
    'a name with other letters': [swapped('name: corp', 'name: Corp'), /name: must be a lower-case letter/],
    'two connectors of one name': [swapped('name: sso', 'name: corp'), /the name corp appears twice/],
    'plain LDAP': [swapped('ldaps://', 'ldap://'), /^7:16: .*passwords would be sent in the clear/],
    'a server with a password in its URL': [
      swapped('ldaps://dc1', 'ldaps://planted:planted@dc1'),
      /each ldaps:\/\/HOST/,
    ],
    'no server': [swapped('[ldaps://dc1.corp.example]', '[]'), /servers: must be a list of ldaps/],
    'a name to bind without a password': [
      swapped('      bind-password-file: bind.secret\n', ''),
      /^8:18: .*bind-name: needs bind-password-file or bind-password-env/,
    ],
    'nothing to bind with': [
      swapped('      bind-name: cn=hallpass,dc=corp,dc=example\n      bind-password-file: bind.secret\n', ''),
      /bind-name: must be given, or people\.direct-bind/,
    ],
    'an empty password': [
      swapped('bind.secret', 'empty.secret'),
      /^9:27: .*bind-password-file: holds no secret of one line/,
    ],
    'a password of two lines': [swapped('bind.secret', 'two-lines.secret'), /holds no secret of one line/],
    'a file that was not sent': [swapped('bind.secret', '/etc/planted'), /the command did not send this file/],
    'a variable that is not there': [
      swapped('bind-password-file: bind.secret', 'bind-password-env: OTHER'),
      /the command has no such variable/,
    ],
    'authorities that are none': [people({ corp: '\n      ca-file: no.pem' }), /ca-file: holds no certificates in PEM/],
    'a base that is no DN': [swapped("base: 'DC=corp,DC=example'", 'base: corp.example'), /base: must be a DN/],
    'the base of everything': [swapped(`base: '${base}'`, "base: ''"), /groups\.base: must be a string/],
    'a tag of secrets': [people({ corp: '\n      tags: { X: unicodePwd }' }), /unicodePwd holds secrets/],
    'a tag of AWS’s own': [people({ corp: '\n      tags: { aws:x: mail }' }), /aws:x is no key of a session tag/],
    'a filter as an attribute': [
      people({ corp: '\n      tags: { X: mail)(cn=* }' }),
      /X: must be the name of an attribute/,
    ],
    'a template without a login': [
      swapped(`people: { base`, `people: { direct-bind: 'uid=x,dc=corp', base`),
      /direct-bind: must be text with \{login\} once/,
    ],
    'an issuer without TLS': [swapped('https://sso', 'http://sso'), /issuer: must be an https URL/],
    'device codes for everybody': [people({ top: "\n  device-networks: ['0.0.0.0/0']" }), /none of everything/],
    'a broker user of an account elsewhere': [
      people({ top: "\n  targets: [{ name: aws, accounts: ['111122223333'] }]" }),
      /account 111122223333 is at a target/,
    ],
    'two targets with one audience': [
      people({
        top: "\n  targets: [{ name: a, accounts: ['999900001111'] }, { name: b, accounts: ['999900001112'] }]",
      }),
      /audience sts\.amazonaws\.com appears twice/,
    ],
    'half of a key': [
      people({ top: "\n  targets: [{ name: a, accounts: ['999900001111'], access-key-id: AKIAIOSFODNN7EXAMPLE }]" }),
      /the id and the secret of a key come together/,
    ],
    'a row of no connector': [
      people({ rows: row(`${admins}, roles: ['${admin}']`).replace('corp', 'gone') }),
      /^14:20: .*connector: must be the name of one of the connectors/,
    ],
    'a group by its name alone': [
      people({ rows: row(`group: Admins, roles: ['${admin}']`) }),
      /group: must be the DN of a group/,
    ],
    'a group outside the base': [
      people({ rows: row(`group: 'CN=Admins,OU=Trainees,DC=corp,DC=example', roles: ['${admin}']`) }),
      /is not below groups\.base of corp/,
    ],
    'a group and a pattern': [
      people({ rows: row(`${admins}, pattern: 'AWS-{account}-{role}'`) }),
      /either a group or a pattern/,
    ],
    'a row that gives nothing': [people({ rows: row(admins) }), /roles: must be given, or entitlements/],
    'a role that is no ARN': [people({ rows: row(`${admins}, roles: [Admin]`) }), /a list of ARNs of roles/],
    'every role': [
      people({ rows: row(`${admins}, roles: ['arn:aws:iam::111122223333:role/*']`) }),
      /a list of ARNs of roles/,
    ],
    'a role twice': [
      people({ rows: row(`${admins}, roles: ['${admin}', '${admin.replace('Admin', 'ADMIN')}']`) }),
      /appears twice/,
    ],
    'a session of a day': [
      people({ rows: row(`${admins}, roles: ['${admin}'], session-duration: 86400`) }),
      /from 900 to 43200/,
    ],
    'a broker user that there is not': [
      people({ rows: row(`${admins}, roles: ['${admin}'], broker: '444455556666'`) }),
      /broker: there is no broker user in account 444455556666/,
    ],
    'a role that no broker user assumes': [
      people({ rows: row(`${admins}, roles: ['${admin}']`) })
        .replace('hallpass-broker }', "hallpass-broker }, { account: '222233334444', user: b }")
        .replace("account: '111122223333'", "account: '555566667777'"),
      /^14:7: arn:aws:iam::111122223333:role\/Admin: there is no broker user in account 111122223333/,
    ],
    'rows that contradict each other': [
      people({
        rows:
          row(`${admins}, roles: ['${admin}'], tags: { Team: x }`) +
          row(`${admins.toLowerCase()}, roles: ['${admin}'], tags: { team: y }`),
      }),
      /^14:7: .*people\.yaml:14:7 and people\.yaml:15:7 give tag team different values/,
    ],
    'a pattern without a base': [people({ rows: pattern('AWS-{account}-{role}', prod, '') }), /base: must be given/],
    'a pattern whose base is outside': [
      people({ rows: pattern('AWS-{account}-{role}', prod, ", base: 'DC=corp,DC=example'") }),
      /is not below groups\.base of corp/,
    ],
    'a pattern without an account': [
      people({ rows: pattern('AWS-{role}', prod) }),
      /\{account\} and \{role\}, each once/,
    ],
    'a pattern with a role twice': [people({ rows: pattern('A-{account}-{role}-{role}', prod) }), /each once/],
    'a pattern without text between': [people({ rows: pattern('AWS-{account}{role}', prod) }), /text between/],
    'a pattern of nothing else': [people({ rows: pattern('{account}-{role}', prod) }), /text before or after/],
    'a pattern that gives what a row lists': [
      people({ rows: pattern('AWS-{account}-{role}', prod, `, base: '${base}', roles: ['${admin}']`) }),
      /roles: a pattern gives the roles/,
    ],
    'a name of an account that splits in two ways': [
      people({ rows: pattern('AWS-{account}-{role}', "{ eu-prod: '444455556666' }") }),
      /eu-prod: holds the text between/,
    ],
    'a name that is another account’s id': [
      people({ rows: pattern('AWS-{account}-{role}', "{ '111122223333': '444455556666' }") }),
      /111122223333: is the id of another account/,
    ],
    'one name in two cases': [
      people({ rows: pattern('AWS-{account}-{role}', "{ prod: '444455556666', PROD: '111122223333' }") }),
      /PROD: appears twice/,
    ],
    'an account without its zeros': [
      people({ rows: pattern('AWS-{account}-{role}', '{ prod: 000123456789 }') }),
      /accounts\.prod: must be a string, in quotes/,
    ],
    'a pattern of claims that nobody bounds': [
      people({ rows: pattern('AWS-{account}-{role}', prod, '').replace('corp', 'sso') }),
      /any-name: must be true/,
    ],
    'an entitlement without a policy': [
      people({ rows: row(`${admins}, entitlements: [{ account: '111122223333' }]`) }),
      /policy: must be given, or policy-arns/,
    ],
    'an entitlement whose policy is none': [
      people({
        rows: row(`${admins}, entitlements: [{ account: '111122223333', policy: { Version: '2012-10-17' } }]`),
      }),
      /policy: Syntax errors in policy/,
    ],
    'an entitlement’s policy of the old language': [
      people({
        rows: row(
          `${admins}, entitlements: [{ account: '111122223333', policy: '{"Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}' }]`,
        ),
      }),
      /policy: must be of Version 2012-10-17/,
    ],
    'an entitlement where no broker user is': [
      people({
        rows: row(
          `${admins}, entitlements: [{ account: '444455556666', policy-arns: ['arn:aws:iam::aws:policy/ReadOnlyAccess'] }]`,
        ),
      }),
      /^14:7: entitlements in 444455556666: there is no broker user in account 444455556666/,
    ],
    'another account’s policy': [
      people({
        rows: row(
          `${admins}, entitlements: [{ account: '111122223333', policy-arns: ['arn:aws:iam::444455556666:policy/P'] }]`,
        ),
      }),
      /policy-arns: must be a list of ARNs/,
    ],
    'an alias': [`a: &a [x]\nb: *a\n`, /aliases are not supported/],
  }
  for (const [title, [text, says]] of Object.entries(rows)) {
    test(title, async () => {
      const { section, problems } = await read(text)
      equal(section, undefined)
      ok(
        problems.some((problem) => says.test(problem)),
        problems.join('\n'),
      )
      ok(!problems.join('\n').includes('planted'), 'no value is quoted that may be a secret')
    })
  }
})

test('the demonstration’s file has no mistakes', async () => {
  const demonstration = new URL('../../../../dev/demonstration-people.yaml', import.meta.url)
  const text = readFileSync(demonstration, 'utf8').replace(/bind-password-env: .*/, 'bind-password-env: BIND')
  deepEqual((await read(text, true)).problems, [])
})

test('in development a directory of this machine needs no TLS; another machine’s does', async () => {
  const here = people().replace('ldaps://dc1.corp.example', 'ldap://127.0.0.1:3890')
  const { section } = await read(here, true)
  const [corp] = section?.connectors ?? []
  equal(corp?.kind === 'directory' && corp.directory.allowsPlain, true)
  equal((await read(here)).section, undefined)
  equal((await read(here.replace('127.0.0.1', 'dc1.corp.example'), true)).section, undefined)
})

test('a megabyte of rows is read; more rows than are taken are refused', async () => {
  const rows = (count: number) =>
    Array.from({ length: count }, (_, at) => row(`group: 'CN=Team ${at},${base}', roles: ['${admin}']`)).join('')
  const text = people({ rows: rows(9500) })
  ok(text.length > 900_000)
  equal((await read(text)).section?.assignments.length, 9500)
  const { problems } = await read(people({ rows: rows(10_001) }))
  deepEqual(problems, ['14:5: people.assignments: at most 10000'])
})
