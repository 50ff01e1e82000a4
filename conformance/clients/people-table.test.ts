// The table of who may have what, as operators bring it in and as AWS's own calls change what it gives: over real clients.
import { deepEqual, equal, match, ok } from 'node:assert/strict'
import { test } from 'node:test'
import {
  CreateAccessKeyCommand,
  CreateRoleCommand,
  CreateUserCommand,
  DeleteRoleCommand,
  UpdateAssumeRolePolicyCommand,
} from '@aws-sdk/client-iam'
import { type ApplyInput, applyFile } from '../../src/app/operator/apply.ts'
import { explainPerson } from '../../src/app/operator/explain-person.ts'
import { operatorRoutes } from '../../src/app/operator/routes.ts'
import type { AuditEntry } from '../../src/service/audit/entry.ts'
import { AUDIT_JOURNAL } from '../../src/service/audit/journal.ts'
import { firstAccount, testServer } from './server.ts'

const roleArn = `arn:aws:iam::${firstAccount}:role/Reader`
const text = (role = roleArn, more = '') => `people:
  brokers: [{ account: '${firstAccount}', user: hallpass-broker }]
  connectors:
    - { name: sso, kind: oidc, issuer: 'https://sso.example', client-id: hallpass, client-secret-env: SECRET, tags: { Team: team } }
  assignments:
    - { connector: sso, group: Readers, roles: ['${role}'] }${more}
`
const trustOf = (user: string, Condition?: object) =>
  JSON.stringify({
    Version: '2012-10-17',
    Statement: {
      Effect: 'Allow',
      Principal: { AWS: `arn:aws:iam::${firstAccount}:user/${user}` },
      Action: ['sts:AssumeRole', 'sts:SetSourceIdentity', 'sts:TagSession'],
      ...(Condition && { Condition }),
    },
  })

async function world() {
  const server = await testServer()
  const { engine, data, root, now } = server
  const apply = (input: Partial<ApplyInput> = {}) =>
    applyFile(engine, data, { name: 'people.yaml', text: text(), variables: { SECRET: 'planted-secret' }, ...input })
  const explained = async (login = 'ann') => {
    const { people } = await explainPerson(engine, { name: login })
    return people[0]
  }
  const outcome = async () => {
    const [grant] = (await explained())?.grants ?? []
    return grant === undefined ? undefined : [grant.outcome, grant.says]
  }
  const signIn = (groups: readonly string[] = ['readers'], id = 'ann-id', team: readonly string[] = ['blue']) =>
    engine.people.signIns.begin(
      {
        person: {
          ...{ connector: 'sso', id, login: 'Ann', multiFactor: false, groups: groups.map((name) => ({ name })) },
          attributes: new Map([['team', team]]),
        },
        client: 'browser',
        origin: { requestId: 'r', from: { address: '192.0.2.1', tls: true, userAgent: 'a browser', host: 'sso' } },
      },
      now(),
    )
  return { ...server, apply, explained, outcome, signIn, iam: server.as(root).iam }
}

test('explain knows whom a provider has signed in, and follows the role’s trust policy and the broker user', async () => {
  const { iam, apply, explained, outcome, signIn } = await world()
  await apply()
  equal((await explained())?.refused, 'nobody of that name is signed in, and only a directory can be asked')
  await signIn()
  equal((await explained('ANN'))?.person?.id, 'ann-id')
  deepEqual(await outcome(), ['refused', `the broker user hallpass-broker does not exist in account ${firstAccount}`])
  await iam.send(new CreateUserCommand({ UserName: 'hallpass-broker' }))
  deepEqual(await outcome(), ['refused', 'there is no such role'])
  await iam.send(new CreateUserCommand({ UserName: 'another' }))
  await iam.send(new CreateRoleCommand({ RoleName: 'Reader', AssumeRolePolicyDocument: trustOf('another') }))
  match((await outcome())?.[1] ?? '', /^sts:AssumeRole is refused because no role trust policy allows/)
  const trust = async (Condition?: object) =>
    iam.send(
      new UpdateAssumeRolePolicyCommand({ RoleName: 'Reader', PolicyDocument: trustOf('hallpass-broker', Condition) }),
    )
  await trust()
  deepEqual(await outcome(), ['given', undefined])
  await trust({ StringEquals: { 'aws:RequestTag/Team': 'red' } })
  match((await outcome())?.[1] ?? '', /no role trust policy allows the sts:AssumeRole action/)
  await trust({ StringEquals: { 'aws:RequestTag/Team': 'blue' }, StringLike: { 'sts:SourceIdentity': 'Ann-*' } })
  deepEqual(await outcome(), ['given', undefined])
  await iam.send(new DeleteRoleCommand({ RoleName: 'Reader' }))
  deepEqual(await outcome(), ['refused', 'there is no such role'])
})

test('a role of another path than the row’s is another role', async () => {
  const { iam, apply, outcome, signIn } = await world()
  await iam.send(new CreateUserCommand({ UserName: 'hallpass-broker' }))
  const made = { RoleName: 'Reader', Path: '/team/', AssumeRolePolicyDocument: trustOf('hallpass-broker') }
  await iam.send(new CreateRoleCommand(made))
  await apply()
  await signIn()
  equal((await outcome())?.[0], 'refused')
  await apply({ text: text(`arn:aws:iam::${firstAccount}:role/team/Reader`) })
  deepEqual(await outcome(), ['given', undefined])
})

test('a row that is removed gives nothing, though the role’s trust policy still allows', async () => {
  const { iam, apply, explained, outcome, signIn } = await world()
  await iam.send(new CreateUserCommand({ UserName: 'hallpass-broker' }))
  await iam.send(new CreateRoleCommand({ RoleName: 'Reader', AssumeRolePolicyDocument: trustOf('hallpass-broker') }))
  await apply()
  await signIn()
  deepEqual(await outcome(), ['given', undefined])
  await apply({ text: text().replace('group: Readers', 'group: Others') })
  deepEqual((await explained())?.grants, [])
})

test('an attribute with two values gives no role, and explain says which', async () => {
  const { apply, explained, signIn } = await world()
  await apply()
  await signIn(['Readers'], 'ann-id', ['blue', 'red'])
  const person = await explained()
  deepEqual(person?.grants, [])
  match(person?.problems[0]?.problem ?? '', /no tag Team can be made of the person: team has 2 values/)
})

test('what was applied is in the audit: its rows, and no secret; what changed nothing is not', async () => {
  const { engine, apply } = await world()
  await apply()
  await apply()
  await apply({ dryRun: true, text: text(roleArn, `\n    - { connector: sso, group: X, roles: ['${roleArn}'] }`) })
  const entries: string[] = []
  for await (const { text } of engine.store.scan(AUDIT_JOURNAL, new Date(0))) entries.push(text)
  ok(!entries.join('\n').includes('planted-secret'))
  const records = entries
    .flatMap((entry) => (JSON.parse(entry) as AuditEntry).records)
    .filter(({ eventName }) => eventName === 'ApplyPeople')
  deepEqual(
    records.map(({ requestParameters }) => requestParameters),
    [
      {
        ...{ file: 'people.yaml', version: 1, changed: [], removed: [] },
        created: [
          'connector sso',
          `broker user ${firstAccount}/hallpass-broker`,
          "assignment sso 'Readers' (people.yaml:6:7)",
        ],
      },
    ],
  )
})

test('a broker user with an access key is told by doctor’s check', async () => {
  const { engine, data, iam, apply } = await world()
  await apply()
  await iam.send(new CreateUserCommand({ UserName: 'hallpass-broker' }))
  const notes = async () =>
    (await operatorRoutes(engine, { data })['POST /people/check']({})).notes.map(({ says }) => says)
  deepEqual(await notes(), [`there is no ${roleArn}`])
  await iam.send(new CreateAccessKeyCommand({ UserName: 'hallpass-broker' }))
  match((await notes())[0] ?? '', /^has an access key/)
})
