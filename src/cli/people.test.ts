import { deepEqual, equal, match, ok } from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { after, test } from 'node:test'
import type { ExplainOutput } from '../app/operator/explain-person.ts'
import type { DirectoryEntry } from '../dev/directory/entries.ts'
import { scriptedDirectory } from '../dev/directory/testing/scripted.ts'
import { invoke, newPath, serving } from './testing/world.ts'

const root = 'dc=corp,dc=example'
const person = (uid: string, more: DirectoryEntry['attributes'] = {}): DirectoryEntry => ({
  dn: `uid=${uid},ou=people,${root}`,
  attributes: { objectClass: ['inetOrgPerson'], uid, cn: uid, entryUUID: `uuid-${uid}`, ...more },
  password: `password of ${uid}`,
})
const group = (cn: string, ...members: string[]): DirectoryEntry => ({
  dn: `cn=${cn},ou=groups,${root}`,
  attributes: { objectClass: ['groupOfNames'], cn, member: members.map((uid) => `uid=${uid},ou=people,${root}`) },
})

const directory = await scriptedDirectory({
  kind: 'openldap',
  entries: [
    { dn: root, attributes: { objectClass: ['domain'] } },
    { dn: `ou=people,${root}`, attributes: { objectClass: ['organizationalUnit'], ou: 'people' } },
    { dn: `ou=groups,${root}`, attributes: { objectClass: ['organizationalUnit'], ou: 'groups' } },
    { dn: `cn=hallpass,${root}`, attributes: { objectClass: ['person'] }, password: 'bind' },
    person('ann', { departmentNumber: 'Sales' }),
    { ...person('dora'), state: 'locked' },
    group('Admins', 'ann'),
    group('AWS-home-Auditor', 'ann'),
    group('AWS-home-Gone', 'ann'),
    group('AWS-home-team/Admin', 'ann'),
    group('Testers', 'ann'),
  ],
})
after(() => directory.close())

const account = '123456789012'
const trust = (Condition?: object) =>
  JSON.stringify({
    Version: '2012-10-17',
    Statement: [
      {
        Effect: 'Allow',
        Principal: { AWS: `arn:aws:iam::${account}:user/hallpass-broker` },
        Action: ['sts:AssumeRole', 'sts:SetSourceIdentity', 'sts:TagSession'],
        ...(Condition && { Condition }),
      },
    ],
  })
const file = (more = '') => `accounts:
  - id: '${account}'
    name: home
    users:
      - name: hallpass-broker
        policies:
          assume: { Version: '2012-10-17', Statement: [{ Effect: Allow, Action: 'sts:GetFederationToken', Resource: '*' }] }
    roles:
      - { name: Admin, trust: '${trust()}' }
      - { name: Auditor, trust: '${trust({ StringEquals: { 'aws:RequestTag/Department': 'Finance' } })}' }
people:
  brokers: [{ account: '${account}', user: hallpass-broker }]
  connectors:
    - name: corp
      kind: directory
      preset: openldap
      servers: ['${directory.url}']
      bind-name: cn=hallpass,${root}
      bind-password-env: BIND
      people: { base: 'ou=people,${root}' }
      groups: { base: 'ou=groups,${root}' }
  assignments:
    - { connector: corp, group: 'cn=admins,ou=groups,${root}', roles: ['arn:aws:iam::${account}:role/Admin'], session-duration: 900 }
    - { connector: corp, pattern: 'AWS-{account}-{role}', base: 'ou=groups,${root}', accounts: { home: '${account}' } }
    - connector: corp
      group: cn=testers,ou=groups,${root}
      entitlements: [{ account: '${account}', policy-arns: ['arn:aws:iam::aws:policy/ReadOnlyAccess'] }]${more}
`

async function applied() {
  const { data } = await serving('dev', newPath())
  const name = `${newPath()}.yaml`
  writeFileSync(name, file())
  const { code, err } = await invoke(['apply', name, '--data', data], { environment: { BIND: 'bind' } })
  equal(code, 0, err)
  return { data, name }
}

test('explain says which row gives which role, and what AWS’s decision for the broker user is', async () => {
  const { data, name } = await applied()
  const { code, out } = await invoke(['people', 'explain', 'ann', '--data', data, '--json'])
  equal(code, 0, out)
  const [ann] = (JSON.parse(out) as ExplainOutput).people
  equal(ann?.person?.groups.length, 5)
  const grants = ann?.grants.map(({ what, outcome, says }) => [
    what.replace(`arn:aws:iam::${account}:`, ''),
    outcome,
    says,
  ])
  deepEqual(grants, [
    ['role/Admin', 'given', undefined],
    [
      'role/Auditor',
      'refused',
      'sts:AssumeRole is refused because no role trust policy allows the sts:AssumeRole action',
    ],
    ['role/Gone', 'refused', 'there is no such role'],
    [`entitlements in ${account}`, 'given', undefined],
  ])
  deepEqual(ann?.grants[0]?.rows, [{ place: `${name}:23:7`, groups: [`cn=Admins,ou=groups,${root}`] }])
  equal(ann?.problems.length, 1)
  match(ann?.problems[0]?.problem ?? '', /AWS-home-team\/Admin.*names no role that could exist/)

  const text = (await invoke(['people', 'explain', 'ann', '--data', data])).out
  match(text, /^ann of corp, id uuid-ann, in sessions ann-[a-z2-7]{10}$/m)
  match(text, /^✓ arn:aws:iam::123456789012:role\/Admin$/m)
  match(text, /^ {4}row {6}.*:23:7 for cn=Admins,ou=groups/m)
})

test('explain says why nobody would be let in', async () => {
  const { data } = await applied()
  const outcomes = [
    ['dora', /^corp does not let dora in: locked$/m],
    ['nobody', /^corp knows nobody called nobody$/m],
    ['*', /^corp knows nobody called \*$/m],
  ] as const
  for (const [login, says] of outcomes) {
    const { code, out } = await invoke(['people', 'explain', login, '--data', data])
    equal(code, 1)
    match(out, says)
  }
  const gone = await invoke(['people', 'explain', 'ann', '--connector', 'other', '--data', data])
  match(gone.err, /there is no connector other; there are corp/)
})

const imported = async (text: string) => {
  const name = `${newPath()}.csv`
  writeFileSync(name, text)
  return { name, ...(await invoke(['people', 'import', name, '--connector', 'corp'])) }
}

test('a list of groups, accounts and roles becomes rows that apply takes', async () => {
  const dn = `cn=Sales\\, Paris,ou=groups,${root}`
  const { code, out } = await imported(
    `\ufeffRole,Group,Account,Note\r\nReader,"${dn}",000123456789,"a ""quoted"" note\r\non two lines"\r\n` +
      `team/Writer,"cn=sales\\2c paris, ou=GROUPS,${root}",000123456789,\r\n\r\nReader,"cn=Testers,ou=groups,${root}",${account},x\r\nreader,"${dn}",000123456789,\n`,
  )
  equal(code, 0)
  deepEqual(out.split('\n'), [
    '    - connector: corp',
    `      group: ${JSON.stringify(dn)}`,
    '      roles:',
    '        - arn:aws:iam::000123456789:role/Reader',
    '        - arn:aws:iam::000123456789:role/team/Writer',
    '    - connector: corp',
    `      group: "cn=Testers,ou=groups,${root}"`,
    '      roles:',
    `        - arn:aws:iam::${account}:role/Reader`,
  ])
  const { data } = await applied()
  const name = `${newPath()}.yaml`
  writeFileSync(
    name,
    file(`\n${out}`).replace('brokers: [', "brokers: [{ account: '000123456789', user: hallpass-broker }, "),
  )
  const again = await invoke(['apply', name, '--data', data, '--dry-run'], { environment: { BIND: 'bind' } })
  equal(again.code, 0, again.err)
  match(again.out, /would create {2}assignment corp 'cn=Sales/)
})

test('columns may be divided by tabs; roles may be ARNs', async () => {
  const { out } = await imported(`group\taccount\trole\nAWS, all\t${account}\tarn:aws:iam::${account}:role/A\n`)
  ok(out.includes(`group: "AWS, all"`) && out.includes(`- arn:aws:iam::${account}:role/A`))
})

test('a mistake in a list is said with its line, and nothing is printed', async () => {
  const { name, code, out, err } = await imported(
    `group,account,role\n"two\nlines",123456789,A\n,${account},A\ng,${account},arn:aws:iam::999900001111:role/A\ng,${account},*\n`,
  )
  deepEqual([code, out], [1, ''])
  deepEqual(
    err.split('\n').map((line) => line.replace(`${name}:`, '').replace(/^hallpass: /, '')),
    [
      '2: account: must be 12 digits: a spreadsheet may have taken zeros, as of 000123456789',
      '4: group: is empty',
      '5: role: must be the ARN of a role in the account',
      '6: role: must be the name of a role, with its path or without',
    ],
  )
  match((await imported('name,account,role\n')).err, /:1: the first line must name the columns group, account, role/)
  match((await imported('group,account,role\n"open')).err, /:2: a quoted cell does not end/)
})

test('doctor tries the connectors, and says what makes the table weak', async () => {
  const { data } = await serving('dev', newPath())
  const doctor = async () => {
    const { out } = await invoke(['doctor', '--data', data, '--json'])
    const { findings } = JSON.parse(out) as { findings: { about: string; state: string; says: string }[] }
    return findings
      .filter(({ about }) => /connector|row|broker user|target/.test(about))
      .map(({ state, says }) => `${state} ${says}`)
  }
  deepEqual(await doctor(), [], 'nothing about people without a table')
  const name = `${newPath()}.yaml`
  const open = JSON.stringify({
    Version: '2012-10-17',
    Statement: [{ Effect: 'Allow', Principal: { AWS: account }, Action: 'sts:AssumeRole' }],
  })
  writeFileSync(
    name,
    file(
      `\n    - { connector: corp, group: 'cn=x,ou=groups,${root}', roles: ['arn:aws:iam::${account}:role/gone', 'arn:aws:iam::${account}:role/Open'] }` +
        `\n  targets: [{ name: aws, accounts: ['999900001111'], access-key-id: AKIAIOSFODNN7EXAMPLE, secret-access-key-env: BIND }]`,
    )
      .replace('name: hallpass-broker\n', 'name: hallpass-broker\n        access-keys: 1\n')
      .replace('roles:\n', `roles:\n      - { name: Open, trust: '${open}' }\n`)
      .replace(`servers: ['${directory.url}']`, `servers: ['${directory.url}', 'ldap://127.0.0.1:1']`),
  )
  const { code, err } = await invoke(['apply', name, '--data', data], { environment: { BIND: 'bind' } })
  equal(code, 0, err)
  const findings = (await doctor()).join('\n')
  for (const says of [
    /^good corp: ldap:\/\/localhost:\d+ answers, and lets itself be searched$/m,
    /^bad corp: ldap:\/\/127\.0\.0\.1:1: .*$/m,
    /^note there is no arn:aws:iam::123456789012:role\/gone$/m,
    /^note arn:aws:iam::123456789012:role\/Open trusts a whole account/m,
    /^note has an access key/m,
    /^note a long-term key \(AKIAIOSFODNN7EXAMPLE\) is kept/m,
  ])
    match(findings, says)
})
