import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { checkSessionPolicy } from '../../../core/policy/grammar.ts'
import type { PersonGroup } from '../../../federation/person.ts'
import type { Assignment, Connector, PeopleTable } from '../../contracts/people-table.ts'
import { allowed } from './assignments.ts'

const HOME = '111122223333'
const OTHER = '444455556666'
const ZEROS = '000123456789'
const base = 'OU=AWS,OU=Groups,DC=corp,DC=example'
const roleOf = (account: string, name: string) => `arn:aws:iam::${account}:role/${name}`

/** Only what the table's decision reads of a connector. */
const connectorOf = (name: string, kind: Connector['kind'], tags: Record<string, string> = {}) =>
  ({ name, kind, tags: new Map(Object.entries(tags)) }) as unknown as Connector

function rowOf(place: number, more: Partial<Assignment>): Assignment {
  return {
    place: `people.yaml:${place}:7`,
    connector: 'corp',
    match: { group: `CN=Admins,${base}` },
    roles: [],
    entitlements: [],
    sessionSeconds: 3600,
    tags: [],
    multiFactor: false,
    ...more,
  }
}

function tableOf(assignments: readonly Assignment[], more: Partial<PeopleTable> = {}): PeopleTable {
  return {
    version: 1,
    connectors: [connectorOf('corp', 'directory', { Department: 'department' }), connectorOf('sso', 'oidc')],
    brokers: [{ account: HOME, user: 'hallpass-broker' }],
    targets: [],
    deviceNetworks: [],
    assignments,
    ...more,
  }
}

const group = (dn: string): PersonGroup => ({ name: /^CN=([^,]+)/i.exec(dn)?.[1] ?? dn, dn })
const inCorp = (groups: readonly PersonGroup[], attributes: Record<string, readonly string[]> = {}) => ({
  ...{ connector: 'corp', id: 'ann-id', login: 'ann', groups },
  attributes: new Map(Object.entries(attributes)),
})
const bySso = (...names: string[]) => ({ ...inCorp(names.map((name) => ({ name }))), connector: 'sso' })
const arns = (table: PeopleTable, person: Parameters<typeof allowed>[1]) =>
  allowed(table, person).roles.map(({ arn }) => arn)

const admin = roleOf(HOME, 'Admin')
const listed = (name: string, more: Partial<Assignment> = {}) =>
  rowOf(1, { match: { group: name }, roles: [admin], ...more })
const patternRow = (pattern: string, accounts: Record<string, string>, more: Partial<Assignment> = {}) =>
  rowOf(2, { match: { pattern, base, accounts: new Map(Object.entries(accounts)) }, ...more })

describe('a group of a directory is its whole DN', () => {
  const table = tableOf([listed(`CN=AWS-Admins,${base}`)])
  const rows: Record<string, readonly [string, boolean]> = {
    'the same text': [`CN=AWS-Admins,${base}`, true],
    'another case, and spaces between the names': [`cn=aws-admins, ou=aws,OU=groups,dc=CORP,dc=example`, true],
    'an escape that stands for the same character': [`CN=AWS\\2DAdmins,${base}`, true],
    'the same common name elsewhere': ['CN=AWS-Admins,OU=Trainees,DC=corp,DC=example', false],
    'the same common name one level lower': [`CN=AWS-Admins,OU=Mine,${base}`, false],
    'a name that holds the whole DN as escaped text': [`CN=AWS-Admins\\,OU=AWS,OU=Groups,DC=corp,DC=example`, false],
    'a letter that looks alike': [`CN=АWS-Admins,${base}`, false],
    'the Kelvin sign for k': [`CN=AWS-Admins,OU=AWS,OU=Groups,DC=corp,DC=e\u212aample`, false],
    'no DN at all': ['AWS-Admins', false],
  }
  for (const [title, [dn, given]] of Object.entries(rows)) {
    test(title, () => assert.deepEqual(arns(table, inCorp([group(dn)])), given ? [admin] : []))
  }
  test('a name without a DN is no group of a directory', () => {
    const named = tableOf([listed('AWS-Admins'), listed(`CN=AWS-Admins,${base}`)])
    assert.deepEqual(arns(named, inCorp([{ name: 'AWS-Admins' }])), [])
    assert.deepEqual(arns(named, inCorp([{ name: `CN=AWS-Admins,${base}` }])), [])
  })
  test('an escaped comma belongs to the name', () => {
    const comma = tableOf([listed(`CN=Sales\\, Paris,${base}`)])
    assert.deepEqual(arns(comma, inCorp([group(`cn=sales\\2c paris,${base}`)])), [admin])
    assert.deepEqual(arns(comma, inCorp([group(`CN=Sales,CN=Paris,${base}`)])), [])
  })
})

describe('a group of a claim is its value', () => {
  const table = tableOf([listed('AWS-Admins', { connector: 'sso' })])
  test('without regard to case', () => assert.deepEqual(arns(table, bySso('aws-admins')), [admin]))
  test('not one that looks alike', () => assert.deepEqual(arns(table, bySso('АWS-Admins', 'AWS-Admins ')), []))
  test('not of another connector', () => {
    assert.deepEqual(arns(table, inCorp([{ name: 'AWS-Admins' }])), [])
    assert.deepEqual(arns(table, { ...bySso('AWS-Admins'), connector: 'gone' }), [])
  })
})

describe('a pattern gives the role that a group is named after', () => {
  const table = tableOf([patternRow('AWS-{account}-{role}', { prod: OTHER, [ZEROS]: ZEROS })])
  const rows: Record<string, readonly [string, string | undefined]> = {
    'an account by name': [`CN=AWS-prod-Auditor,${base}`, roleOf(OTHER, 'Auditor')],
    'an account by its id, with its zeros': [`CN=AWS-${ZEROS}-Auditor,${base}`, roleOf(ZEROS, 'Auditor')],
    'without regard to case, but for the role': [`CN=aws-PROD-Auditor,${base}`, roleOf(OTHER, 'Auditor')],
    'text of the pattern within the role': [`CN=AWS-prod-Read-Only,${base}`, roleOf(OTHER, 'Read-Only')],
    'below the base, however deep': [`CN=AWS-prod-Auditor,OU=Paris,${base}`, roleOf(OTHER, 'Auditor')],
    'an account that is not of the list': [`CN=AWS-777788889999-Admin,${base}`, undefined],
    'an id without its zeros': [`CN=AWS-123456789-Auditor,${base}`, undefined],
    'the id of an account that the list names': [`CN=AWS-${OTHER}-Auditor,${base}`, undefined],
    'outside the base': ['CN=AWS-prod-Admin,OU=Trainees,DC=corp,DC=example', undefined],
    'the base as text within its name': [`CN=AWS-prod-Admin\\,${base},OU=Trainees,DC=corp,DC=example`, undefined],
    'no role': [`CN=AWS-prod-,${base}`, undefined],
    'a role with a path': [`CN=AWS-prod-team/Admin,${base}`, undefined],
    'a role with a wildcard': [`CN=AWS-prod-*,${base}`, undefined],
    'a role with another ARN in it': [`CN=AWS-prod-x:role/Admin,${base}`, undefined],
    'a role of letters that look alike': [`CN=AWS-prod-Аdmin,${base}`, undefined],
    'a role name that is too long': [`CN=AWS-prod-${'a'.repeat(65)},${base}`, undefined],
  }
  for (const [title, [dn, role]] of Object.entries(rows)) {
    test(title, () => assert.deepEqual(arns(table, inCorp([group(dn)])), role === undefined ? [] : [role]))
  }
  test('characters of regular expressions in it are text', () => {
    const odd = tableOf([patternRow('A.*(W)+{role}|{account}$', { prod: OTHER })])
    assert.deepEqual(arns(odd, inCorp([group(`CN=A.*(W)\\+Auditor|prod$,${base}`)])), [])
    const named = { name: 'A.*(W)+Auditor|prod$', dn: `CN=A.*(W)\\+Auditor|prod$,${base}` }
    assert.deepEqual(arns(odd, inCorp([named])), [roleOf(OTHER, 'Auditor')])
    assert.deepEqual(arns(odd, inCorp([{ ...named, name: 'AxxW+Auditor|prod$' }])), [])
  })
  test('the role before the account', () => {
    const reversed = tableOf([patternRow('{role}.in.{account}.aws', { prod: OTHER })])
    const person = inCorp([group(`CN=Read.in.all.in.prod.aws,${base}`)])
    assert.deepEqual(arns(reversed, person), [roleOf(OTHER, 'Read.in.all')])
  })
  test('a name of the pattern that names no role is said to the operator', () => {
    const { problems } = allowed(table, inCorp([group(`CN=AWS-prod-team/Admin,${base}`)]))
    assert.equal(problems.length, 1)
    assert.match(problems[0]?.problem ?? '', /names no role that could exist/)
    assert.equal(problems[0]?.place, 'people.yaml:2:7')
  })
  test('without a base it matches no group of a directory', () => {
    const loose = tableOf(
      [patternRow('AWS-{account}-{role}', { prod: OTHER })].map((row) => ({
        ...row,
        match: { pattern: 'AWS-{account}-{role}', accounts: new Map([['prod', OTHER]]) },
      })),
    )
    assert.deepEqual(arns(loose, inCorp([group(`CN=AWS-prod-Auditor,${base}`)])), [])
  })
})

describe('several rows that give one role: what refuses more holds', () => {
  const groups = [group(`CN=A,${base}`), group(`CN=B,${base}`)]
  const rows = (a: Partial<Assignment>, b: Partial<Assignment>) => [
    rowOf(1, { match: { group: `CN=A,${base}` }, roles: [admin], ...a }),
    rowOf(2, { match: { group: `CN=B,${base}` }, roles: [admin], ...b }),
  ]
  const roleFor = (a: Partial<Assignment>, b: Partial<Assignment>, more: Partial<PeopleTable> = {}) =>
    allowed(tableOf(rows(a, b), more), inCorp(groups))

  test('the shortest session', () => {
    assert.equal(roleFor({ sessionSeconds: 28_800 }, { sessionSeconds: 900 }).roles[0]?.sessionSeconds, 900)
  })
  test('a second factor when any row asks for one', () => {
    assert.equal(roleFor({}, { multiFactor: true }).roles[0]?.multiFactor, true)
  })
  test('a role in another spelling is the same role', () => {
    const spelled = rows({ multiFactor: true }, {})
    const pattern = patternRow('AWS-{account}-{role}', { home: HOME })
    const person = inCorp([...groups, group(`CN=AWS-home-ADMIN,${base}`)])
    const { roles } = allowed(tableOf([...spelled, pattern]), person)
    assert.deepEqual(
      roles.map(({ arn, multiFactor }) => ({ arn, multiFactor })),
      [{ arn: admin, multiFactor: true }],
    )
  })
  test('tags of all rows together, whatever the case of their keys', () => {
    const tags = [{ Key: 'Team', Value: 'x' }]
    const { roles } = roleFor(
      { tags },
      {
        tags: [
          { Key: 'team', Value: 'x' },
          { Key: 'Site', Value: 'Paris' },
        ],
      },
    )
    assert.deepEqual(roles[0]?.tags, [{ Key: 'Site', Value: 'Paris' }, ...tags])
  })
  test('tags that contradict each other: not given', () => {
    const { roles, problems } = roleFor(
      { tags: [{ Key: 'Team', Value: 'x' }] },
      { tags: [{ Key: 'team', Value: 'X' }] },
    )
    assert.deepEqual(roles, [])
    assert.deepEqual(
      problems.map(({ place }) => place),
      ['people.yaml:1:7', 'people.yaml:2:7'],
    )
    assert.match(problems[0]?.problem ?? '', /give tag team different values/)
  })
  test('broker users that contradict each other: not given', () => {
    const brokers = [HOME, OTHER].map((account) => ({ account, user: 'hallpass-broker' }))
    const { roles, problems } = roleFor({ broker: OTHER }, {}, { brokers })
    assert.deepEqual(roles, [])
    assert.match(problems[0]?.problem ?? '', /several broker users/)
  })
})

describe('the tags of a person', () => {
  const table = tableOf([
    listed(`CN=A,${base}`),
    rowOf(2, {
      match: { group: `CN=B,${base}` },
      roles: [roleOf(HOME, 'Tagged')],
      tags: [{ Key: 'department', Value: 'fixed' }],
    }),
  ])
  const tagsOf = (groupName: string, attributes: Record<string, readonly string[]>) =>
    allowed(table, inCorp([group(`CN=${groupName},${base}`)], attributes))
  test('are made of attributes', () => {
    assert.deepEqual(tagsOf('A', { department: ['Sales'] }).roles[0]?.tags, [{ Key: 'Department', Value: 'Sales' }])
  })
  test('a row’s own tag stands over the attribute', () => {
    for (const values of [['Sales'], ['Sales', 'Finance']]) {
      const { roles } = tagsOf('B', { department: values })
      assert.deepEqual(roles[0]?.tags, [{ Key: 'department', Value: 'fixed' }])
    }
  })
  test('no attribute, no tag', () => assert.deepEqual(tagsOf('A', {}).roles[0]?.tags, []))
  test('several values, or a value that no tag has: the role is not given', () => {
    for (const values of [['Sales', 'Finance'], ['a;b'], ['x'.repeat(257)], ['a\u0000']]) {
      const { roles, problems } = tagsOf('A', { department: values })
      assert.deepEqual(roles, [])
      assert.match(problems[0]?.problem ?? '', /no tag Department can be made/)
    }
  })
})

describe('who assumes the role', () => {
  const given = (roles: readonly string[], more: Partial<PeopleTable>, row: Partial<Assignment> = {}) =>
    allowed(tableOf([rowOf(1, { roles, ...row })], more), inCorp([group(`CN=Admins,${base}`)]))
  const brokers = [HOME, OTHER].map((account) => ({ account, user: 'broker' }))
  test('the broker user of the role’s account', () => {
    assert.equal(given([roleOf(OTHER, 'R')], { brokers }).roles[0]?.broker?.account, OTHER)
  })
  test('the one that the row names', () => {
    assert.equal(given([roleOf(OTHER, 'R')], { brokers }, { broker: HOME }).roles[0]?.broker?.account, HOME)
  })
  test('the only one', () => assert.equal(given([roleOf(OTHER, 'R')], {}).roles[0]?.broker?.account, HOME))
  test('none: the role is not given', () => {
    for (const more of [{ brokers: [] }, { brokers }]) {
      const { roles, problems } = given([roleOf(ZEROS, 'R')], more)
      assert.deepEqual(roles, [])
      assert.match(problems[0]?.problem ?? '', /there is no broker user in account 000123456789/)
    }
  })
  test('for a role elsewhere: its target, and no broker user', () => {
    const targets = [{ name: 'aws', accounts: [OTHER] }] as unknown as PeopleTable['targets']
    const [role] = given([roleOf(OTHER, 'R')], { targets }).roles
    assert.equal(role?.target, 'aws')
    assert.equal(role?.broker, undefined)
  })
})

describe('entitlements of one account are put together', () => {
  const allow = (Action: string, Sid?: string) => ({ ...(Sid && { Sid }), Effect: 'Allow', Action, Resource: '*' })
  const policyOf = (...Statement: object[]) => JSON.stringify({ Version: '2012-10-17', Statement })
  const entitled = (line: number, entitlement: object, more: Partial<Assignment> = {}) =>
    rowOf(line, { entitlements: [{ account: HOME, policyArns: [], ...entitlement }], ...more })
  const of = (...rows: Assignment[]) => allowed(tableOf(rows), inCorp([group(`CN=Admins,${base}`)]))

  test('every statement and ARN once, without names that must be unique', () => {
    const { entitlements } = of(
      entitled(1, { policy: policyOf(allow('s3:GetObject', 'A')), policyArns: ['arn:aws:iam::aws:policy/B'] }),
      entitled(2, { policy: policyOf(allow('s3:GetObject', 'A'), allow('s3:PutObject', 'A')) }),
      entitled(3, { policyArns: ['arn:aws:iam::aws:policy/A', 'arn:aws:iam::aws:policy/B'] }, { multiFactor: true }),
    )
    assert.equal(entitlements.length, 1)
    const [entitlement] = entitlements
    assert.deepEqual(
      JSON.parse(entitlement?.policy ?? ''),
      JSON.parse(policyOf(allow('s3:GetObject'), allow('s3:PutObject'))),
    )
    assert.deepEqual(entitlement?.policyArns, ['arn:aws:iam::aws:policy/A', 'arn:aws:iam::aws:policy/B'])
    assert.equal(checkSessionPolicy(entitlement?.policy ?? ''), undefined)
    assert.equal(entitlement?.multiFactor, true)
    assert.deepEqual(entitlement?.places, ['people.yaml:1:7', 'people.yaml:2:7', 'people.yaml:3:7'])
    assert.equal(entitlement?.broker?.user, 'hallpass-broker')
  })
  test('more policies than a token is given: refused, and the rows named', () => {
    const arnsOf = (from: number) => Array.from({ length: 6 }, (_, at) => `arn:aws:iam::aws:policy/P${from + at}`)
    const { entitlements, problems } = of(
      entitled(1, { policyArns: arnsOf(0) }),
      entitled(2, { policyArns: arnsOf(6) }),
    )
    assert.deepEqual(entitlements, [])
    assert.deepEqual(
      problems.map(({ place }) => place),
      ['people.yaml:1:7', 'people.yaml:2:7'],
    )
  })
})

test('ten thousand groups and a thousand rows cost a look-up a group', () => {
  let rowsRead = 0
  let groupsRead = 0
  const rows = Array.from({ length: 1000 }, (_, at) => {
    const row = rowOf(at, { match: { group: `CN=Row${at},${base}` }, roles: [roleOf(HOME, `R${at}`)] })
    return Object.defineProperty(row, 'match', {
      get: () => {
        rowsRead++
        return { group: `CN=Row${at},${base}` }
      },
    })
  })
  const groups = Array.from({ length: 10_000 }, (_, at) => ({
    name: `Row${at * 100}`,
    get dn() {
      groupsRead++
      return `CN=Row${at * 100},${base}`
    },
  }))
  const table = tableOf(rows)
  const first = allowed(table, inCorp(groups))
  assert.equal(first.roles.length, 10)
  assert.ok(rowsRead <= 2000, `${rowsRead} readings of rows to index them`)
  ;[rowsRead, groupsRead] = [0, 0]
  assert.deepEqual(allowed(table, inCorp(groups)), first)
  assert.ok(rowsRead <= 20, `${rowsRead} readings of rows for 10 that match`)
  assert.ok(groupsRead <= 30_000, `${groupsRead} readings of groups`)
})
