// Principals with everything their requests are decided by, compiled once and kept current by the change feed.
import { andThen } from '../../core/maybe.ts'
import type { Store } from '../../store/store.ts'
import type { SessionPolicy, Subject, Subjects } from '../contracts/subject.ts'
import { roles } from '../records.ts'
import { accountCache } from './account-cache.ts'
import { loadSessionPolicy, loadSessionPolicyById, loadSubject } from './load-subject.ts'

/** Subjects over a store: compiled once, dropped when anything they were made of changes. */
export function createSubjects(store: Store, clock: () => Date): Subjects {
  const subjects = accountCache<Subject>(store, clock, { load: loadSubject, weight: weigh, maxBytes: 64 << 20 })
  const roleIds = accountCache<string>(store, clock, {
    load: async (reader, account, name) => (await reader.get(roles, [account, name]))?.id,
    weight: () => 300,
    maxBytes: 16 << 20,
  })
  const policies = { weight: () => 4_000, maxBytes: 16 << 20 }
  const byArn = accountCache<SessionPolicy>(store, clock, {
    load: (reader, _account, arn) => loadSessionPolicy(reader, arn),
    ...policies,
  })
  const byPolicyId = accountCache<SessionPolicy>(store, clock, { load: loadSessionPolicyById, ...policies })
  const asRole = (subject: Subject | undefined) => (subject?.kind === 'role' ? subject : undefined)
  const byId = (account: string, id: string) => subjects.get(account, id)
  return {
    byId,
    roleByName(account, name) {
      const id = roleIds.get(account, name.toLowerCase())
      return andThen(id, (roleId) => (roleId === undefined ? undefined : andThen(byId(account, roleId), asRole)))
    },
    sessionPolicyByArn: (arn) => byArn.get(arn.split(':')[4] ?? '', arn),
    sessionPolicyById: (account, id) => byPolicyId.get(account, id),
  }
}

/** Inline policies and trust are a subject's own, about six bytes compiled for each of text; managed ones are shared. */
function weigh(subject: Subject): number {
  if (subject.kind === 'root') return 500
  const holder = subject.kind === 'user' ? subject.record : subject.record
  const trust = subject.kind === 'role' ? subject.record.trust.text.length : 0
  return 1_500 + 6 * (trust + holder.inline.reduce((sum, { text }) => sum + text.length, 0))
}
