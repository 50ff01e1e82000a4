// What tests of sign-ins run on: passes of session/testing/world.ts, a table of one directory, and a directory that answers as told.
import { randomBytes } from 'node:crypto'
import type { Directory } from '../../../federation/directory/directory.ts'
import type { Person, PersonOutcome } from '../../../federation/person.ts'
import { pooledRandom } from '../../../keys/random.ts'
import { createVault } from '../../../keys/vault.ts'
import type { AnyCollection } from '../../../store/store.ts'
import type { AuditRecord } from '../../audit/entry.ts'
import { AUDIT_JOURNAL } from '../../audit/journal.ts'
import type {
  AllowedRole,
  Assignment,
  Connector,
  DirectoryConnector,
  PeopleTable,
} from '../../contracts/people-table.ts'
import type { SignIn } from '../../contracts/sign-ins.ts'
import type { Vault } from '../../parts.ts'
import { A, newWorld, start, type World } from '../../session/testing/world.ts'
import { createPeople, type PeopleOptions, type RunningPeople } from '../people.ts'
import { renewalClaims } from '../sign-ins/renewal-claims.ts'
import { signInCounts } from '../sign-ins/sign-in-counts.ts'
import { peopleAttempts, signIns } from '../sign-ins/sign-in-records.ts'
import { allowed } from '../table/assignments.ts'

export const admins = 'CN=Admins,OU=Groups,DC=corp,DC=example'
export const readers = 'CN=Readers,OU=Groups,DC=corp,DC=example'
export const brokerUser = { account: A, user: 'hallpass-broker' }
export const adminArn = `arn:aws:iam::${A}:role/Admin`
export const readerArn = `arn:aws:iam::${A}:role/Reader`

export const corp: DirectoryConnector = {
  ...{ name: 'corp', title: 'Corp', hidden: false, signInSeconds: 12 * 3600, tags: new Map() },
  kind: 'directory',
  directory: {
    ...{ name: 'corp', servers: ['ldaps://dc.corp.example'], startTls: false, deadlineMs: 5000 },
    people: {
      ...{ base: 'dc=corp,dc=example', objectClass: 'user', loginAttributes: ['sAMAccountName'] },
      ...{ nameAttribute: 'sAMAccountName', idAttribute: 'objectGUID', attributes: [] },
    },
    groups: { base: 'OU=Groups,DC=corp,DC=example', membership: ['member-of'], nested: true, nameAttribute: 'cn' },
  },
  attempts: { failures: 4, seconds: 900 },
  graceSeconds: 0,
}

export const row = (group: string, more: Partial<Assignment> = {}): Assignment => ({
  ...{ place: 'people.yaml:1:1', connector: 'corp', match: { group }, roles: [], entitlements: [] },
  ...{ sessionSeconds: 3600, tags: [], multiFactor: false },
  ...more,
})

export const ann: Person = {
  ...{ connector: 'corp', id: 'guid-ann', login: 'ann', attributes: new Map(), multiFactor: false },
  groups: [
    { name: 'Admins', dn: admins },
    { name: 'Readers', dn: readers },
  ],
}

export const disabled: PersonOutcome = { rejected: 'disabled', detail: 'userAccountControl' }
export const down: PersonOutcome = { unavailable: 'no server of corp answers' }

export const origin = {
  requestId: 'request',
  from: { address: '192.0.2.1', tls: true, userAgent: 'a browser', host: 'sso.example' },
}

/** A directory that answers as told, and what it was asked. */
export interface ToldDirectory {
  answer: PersonOutcome
  /** Logins of `logIn`, ids of `findAgain`. */
  readonly asked: string[]
  readonly opened: Directory[]
  readonly closed: Directory[]
  /** What `logIn` and `findAgain` wait for. */
  hold: Promise<void>
  /** The id of whom a login is, where it is found before the password is tried; and at how many servers. */
  finds: string | undefined
  servers: number
  /** How often a password was tried. */
  tried: number
}

/** The directory answers nothing until the result is called. */
export function pause(told: ToldDirectory): () => void {
  const { promise, resolve } = Promise.withResolvers<void>()
  told.hold = promise
  return resolve
}

export interface PeopleWorld extends World {
  readonly vault: Vault
  readonly told: ToldDirectory
  table: PeopleTable
  readonly people: RunningPeople
  /** One more node of the store. */
  node(more?: Partial<PeopleOptions>): RunningPeople
  begin(person?: Person, now?: Date): Promise<SignIn>
  role(arn?: string, person?: Person): AllowedRole
  /** Audit records by name. */
  records(name: string): Promise<readonly AuditRecord[]>
}

/** `more`: collections beside those of sign-ins. */
export async function newPeopleWorld(more: readonly AnyCollection[] = []): Promise<PeopleWorld> {
  const world = await newWorld([signIns, peopleAttempts, renewalClaims, signInCounts, ...more])
  const random = pooledRandom()
  const vault = createVault(world.ring, random)
  const told: ToldDirectory = {
    ...{ answer: { person: ann }, asked: [], opened: [], closed: [], hold: Promise.resolve() },
    ...{ finds: undefined, servers: 1, tried: 0 },
  }

  function openDirectory(): Directory {
    const answer = async (what: string) => {
      told.asked.push(what)
      await told.hold
      return told.answer
    }
    const directory: Directory = {
      async logIn(login, _password, _now, admits = async () => true) {
        const outcome = await answer(login)
        for (let server = 0; server < told.servers; server++)
          if (told.finds !== undefined && !(await admits(told.finds)))
            return { rejected: 'attempts', detail: 'too many' }
        told.tried++
        return outcome
      },
      findAgain: answer,
      look: answer,
      check: async () => [],
      close: async () => void told.closed.push(directory),
    }
    told.opened.push(directory)
    return directory
  }

  const node = (more: Partial<PeopleOptions> = {}): RunningPeople =>
    createPeople({
      ...{ store: world.store, vault, random: randomBytes, allowed, openDirectory },
      revocations: { fresh: () => true, learn: world.nodeRevocations.learn },
      audit: { expiryOf: (now) => new Date(now.getTime() + 1e9) },
      table: async () => made.table,
      refresh: async () => told.answer,
      wait: async () => {},
      ...{ checkMinutes: 2, attemptsPerNetwork: 20 },
      ...more,
    })

  const made: PeopleWorld = {
    ...world,
    ...{ vault, told },
    table: {
      ...{ version: 1, connectors: [corp], brokers: [brokerUser], targets: [], deviceNetworks: [] },
      assignments: [row(admins, { roles: [adminArn] }), row(readers, { roles: [readerArn] })],
    },
    people: node(),
    node,
    begin: (person = ann, now = start) => made.people.signIns.begin({ person, client: 'browser', origin }, now),
    role(arn = adminArn, person = ann) {
      const role = allowed(made.table, person).roles.find((one) => one.arn === arn)
      if (role === undefined) throw new TypeError(`the table does not give ${arn}`)
      return role
    },
    async records(name) {
      const found: AuditRecord[] = []
      for await (const { text } of world.store.scan(AUDIT_JOURNAL, new Date(0)))
        found.push(...(JSON.parse(text) as { records: AuditRecord[] }).records)
      return found.filter(({ eventName }) => eventName === name)
    },
  }
  return made
}

export const withConnector = (table: PeopleTable, connector: Connector): PeopleTable => ({
  ...table,
  version: table.version + 1,
  connectors: [connector],
})
