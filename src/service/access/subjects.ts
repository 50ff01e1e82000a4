// Principals with everything their requests are decided by, compiled once and kept current by the change feed.
import type { Maybe } from '../../core/identity.ts'
import { createCache } from '../../store/cache.ts'
import type { Store } from '../../store/store.ts'
import { roles } from '../records.ts'
import {
  loadSessionPolicy,
  loadSessionPolicyById,
  loadSubject,
  type SessionPolicy,
  type Subject,
} from './load-subject.ts'

export type { SessionPolicy, Subject }

export interface Subjects {
  /** By account and unique id (the account id for root). A miss reads the store. */
  byId(account: string, id: string): Maybe<Subject | undefined>
  /** A role by account and name, without regard to case. */
  roleByName(account: string, name: string): Maybe<(Subject & { kind: 'role' }) | undefined>
  /** A managed policy's default version as a session policy, by ARN, with the id that a pass carries it by. */
  sessionPolicyByArn(arn: string): Maybe<SessionPolicy | undefined>
  /** The same by that id, in the account of the session. */
  sessionPolicyById(account: string, id: string): Maybe<SessionPolicy | undefined>
}

/** Subjects over a store: compiled once, dropped when anything they were made of changes. */
export function createSubjects(store: Store, clock: () => Date): Subjects {
  const subjects = createCache<Subject>({
    store,
    clock,
    load(name, reader) {
      const [account, id] = name.split('/') as [string, string]
      return loadSubject(reader, account, id)
    },
  })
  const roleIds = createCache<string>({
    store,
    clock,
    async load(name, reader) {
      const [account, role] = name.split('/') as [string, string]
      return (await reader.get(roles, [account, role]))?.id
    },
  })
  const byArn = createCache<SessionPolicy>({
    store,
    clock,
    load: (name, reader) => loadSessionPolicy(reader, name.slice(name.indexOf('/') + 1)),
  })
  const byPolicyId = createCache<SessionPolicy>({
    store,
    clock,
    load(name, reader) {
      const slash = name.indexOf('/')
      return loadSessionPolicyById(reader, name.slice(0, slash), name.slice(slash + 1))
    },
  })
  const asRole = (subject: Subject | undefined) => (subject?.kind === 'role' ? subject : undefined)
  const byId = (account: string, id: string) => subjects.get(`${account}/${id}`)
  return {
    byId,
    roleByName(account, name) {
      const then = (id: string | undefined) => {
        if (id === undefined) return undefined
        const subject = byId(account, id)
        return subject instanceof Promise ? subject.then(asRole) : asRole(subject)
      }
      const id = roleIds.get(`${account}/${name.toLowerCase()}`)
      return id instanceof Promise ? id.then(then) : then(id)
    },
    sessionPolicyByArn: (arn) => byArn.get(`${arn.split(':')[4]}/${arn}`),
    sessionPolicyById: (account, id) => byPolicyId.get(`${account}/${id}`),
  }
}
