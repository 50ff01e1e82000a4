// A company: a directory with people, the roles that its groups give at a server, and a broker user that assumes them.
import { after } from 'node:test'
import { CreateUserCommand, PutUserPolicyCommand } from '@aws-sdk/client-iam'
import { applyFile } from '../../src/app/operator/apply.ts'
import { Secret } from '../../src/core/secret.ts'
import type { DirectoryEntry } from '../../src/dev/directory/entries.ts'
import { type ScriptedDirectory, scriptedDirectory } from '../../src/dev/directory/testing/scripted.ts'
import type { PersonOutcome } from '../../src/federation/person.ts'
import { authority, certificate, keyText } from '../../src/federation/testing/idp.ts'
import { giveRole } from '../../src/server/broker/give.ts'
import type { SignIn } from '../../src/service/contracts/sign-ins.ts'
import { brokering, pageExchange } from './broker-kit.ts'
import { allow, keysOf, role, trusts } from './people.ts'
import { type Clients, firstAccount, type TestServer } from './server.ts'

const base = 'dc=corp,dc=example'
export const dnOf = (login: string) => `uid=${login},ou=people,${base}`
export const groupDn = (name: string) => `cn=${name},ou=groups,${base}`
export const brokerArn = `arn:aws:iam::${firstAccount}:user/hallpass-broker`
export const adminArn = `arn:aws:iam::${firstAccount}:role/Admin`
export const readerArn = `arn:aws:iam::${firstAccount}:role/Reader`

/** Planted: no log, record or answer may have one. */
export const passwordOf = (login: string) => `planted-password-of-${login}`
export const bindPassword = 'planted-bind-password'

export const personEntry = (
  login: string,
  id = `00000000-0000-4000-8000-0000000${login.padEnd(5, '0')}`,
): DirectoryEntry => ({
  dn: dnOf(login),
  attributes: {
    ...{ objectClass: ['top', 'person', 'inetOrgPerson'], uid: login, cn: login, sn: login, entryUUID: id },
    ...{ mail: `${login}.surname@corp.example`, departmentNumber: 'planted-department' },
  },
  password: passwordOf(login),
})
const groupEntry = (name: string, members: readonly string[]): DirectoryEntry => ({
  dn: groupDn(name),
  attributes: { objectClass: ['top', 'groupOfNames'], cn: name, member: members.map(dnOf) },
})

export interface TableOptions {
  readonly graceMinutes?: number
  readonly roles?: readonly (readonly [group: string, arn: string, row?: object])[]
  readonly connector?: string
  /** Further members of the table. */
  readonly more?: object
  /** Further files that it names. */
  readonly files?: Readonly<Record<string, string>>
}

const bothRoles: NonNullable<TableOptions['roles']> = [
  ['admins', adminArn],
  ['readers', readerArn],
]

export interface Company {
  readonly directory: ScriptedDirectory
  /** Everybody is there and let in, in the groups of the beginning. */
  asAtFirst(): void
  setMembers(group: string, members: readonly string[]): void
  /** Applies the table of people to a server. */
  apply(server: TestServer, options?: TableOptions): Promise<void>
  logIn(server: TestServer, login: string, password?: string, address?: string): Promise<PersonOutcome>
  /** By password. */
  signIn(server: TestServer, login: string, client?: SignIn['client']): Promise<SignIn>
}

export async function company(): Promise<Company> {
  const entries: readonly DirectoryEntry[] = [
    { dn: base, attributes: { objectClass: ['top', 'domain'], dc: 'corp' } },
    { dn: `cn=hallpass,${base}`, attributes: { objectClass: 'person', cn: 'hallpass' }, password: bindPassword },
    ...['ann', 'ben'].map((login) => personEntry(login)),
    groupEntry('admins', ['ann']),
    groupEntry('readers', ['ann', 'ben']),
  ]
  const directory = await scriptedDirectory({
    ...{ kind: 'openldap', ldaps: true, tls: { cert: certificate('server'), key: keyText('server') } },
    entries,
  })
  after(() => directory.close())

  const logIn = (server: TestServer, login: string, password = passwordOf(login), address = '192.0.2.1') =>
    server.engine.people.connectors.logIn('corp', login, new Secret(password), address, server.now())

  return {
    directory,
    logIn,
    asAtFirst: () => void directory.entries.splice(0, directory.entries.length, ...entries),
    setMembers: (group, members) => directory.change(groupDn(group), groupEntry(group, members)),
    async apply(server, { graceMinutes = 0, connector = 'corp', roles = bothRoles, more = {}, files = {} } = {}) {
      const table = {
        brokers: [{ account: firstAccount, user: 'hallpass-broker' }],
        connectors: [
          {
            ...{ name: connector, kind: 'directory', preset: 'openldap', servers: [directory.url] },
            ...{ 'ca-file': 'ca.pem', 'bind-name': `cn=hallpass,${base}`, 'bind-password-file': 'bind.secret' },
            ...{
              people: { base: `ou=people,${base}`, 'login-attributes': ['uid', 'mail'] },
              groups: { base: `ou=groups,${base}` },
            },
            ...{ 'grace-minutes': graceMinutes, tags: { Department: 'departmentNumber' } },
          },
        ],
        assignments: roles.map(([group, arn, row = {}]) => ({
          connector,
          group: groupDn(group),
          roles: [arn],
          ...row,
        })),
        ...more,
      }
      await applyFile(server.engine, server.data, {
        ...{ name: 'people.yaml', text: JSON.stringify({ people: table }) },
        files: { 'ca.pem': authority, 'bind.secret': bindPassword, ...files },
      })
    },
    async signIn(server, login, client = 'browser') {
      const outcome = await logIn(server, login)
      if (!('person' in outcome)) throw new Error(JSON.stringify(outcome))
      const origin = {
        requestId: 'request',
        from: { address: '192.0.2.1', tls: true, userAgent: 'a browser', host: 'sso.example' },
      }
      return server.engine.people.signIns.begin({ person: outcome.person, client, origin }, server.now())
    },
  }
}

/** The broker user without a key, and the roles that trust it. */
export async function brokerAndRoles(admin: Clients): Promise<void> {
  await admin.iam.send(new CreateUserCommand({ UserName: 'hallpass-broker' }))
  await admin.iam.send(
    new PutUserPolicyCommand({
      ...{ UserName: 'hallpass-broker', PolicyName: 'own' },
      PolicyDocument: allow(['sts:AssumeRole', 'sts:SetSourceIdentity', 'sts:TagSession', 'sts:GetFederationToken']),
    }),
  )
  const trust = trusts(brokerArn, ['sts:AssumeRole', 'sts:SetSourceIdentity', 'sts:TagSession'])
  for (const name of ['Admin', 'Reader'])
    await role(admin, name, trust, { permissions: allow('iam:List*'), maxSessionDuration: 43_200 })
}

/** What a person is given: credentials of a role, or why not. */
export async function askForRole(server: TestServer, { id }: Pick<SignIn, 'id'>, arn: string) {
  const { people } = server.engine
  const parts = { people, broker: brokering(server).broker }
  const wish = { signIn: id, wanted: arn, table: await people.table() }
  const outcome = await giveRole(parts, pageExchange(server), wish, server.now())
  if ('given' in outcome) return { keys: keysOf(outcome.given.credentials) }
  return { refused: 'ended' in outcome ? outcome.ended : 'denied' in outcome ? outcome.denied : outcome.refused.code }
}
