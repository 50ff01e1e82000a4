// Console sessions that a SAML response began: how the provider finds them when it signs the person out (SAML profiles 4.4).
import { digest } from '../../core/digest.ts'
import { everything } from '../../store/everything.ts'
import type { Vault } from '../parts.ts'
import { type ConsoleSessionRecord, consoleSessions } from './records.ts'
import type { ConsoleSession, PersonSignOut, SamlLogin } from './session.ts'
import type { ConsoleSessionsOptions, SessionRecords } from './session-record.ts'
import type { Visit } from './sign-in-events.ts'

type RecordName = Pick<ConsoleSessionRecord, 'account' | 'id'>

/** Who somebody is to a provider, whichever accounts have a record of it. It finds, and decides nothing. */
export const personOf = ({ entityId, nameId }: Pick<SamlLogin, 'entityId' | 'nameId'>): string =>
  digest(`${entityId} ${nameId}`)

/** What a session's record keeps of the sign-in that it began with. */
export const samlOf = (vault: Vault, { account, id }: RecordName, login: SamlLogin) => ({
  person: personOf(login),
  ...(login.sessionIndex === undefined ? {} : { index: digest(login.sessionIndex) }),
  sealed: vault.seal(account, id, 'saml', JSON.stringify(login)),
})

const loginOf = (vault: Vault, { account, id }: RecordName, sealed: string) =>
  JSON.parse(vault.open(account, id, 'saml', sealed)) as SamlLogin

type Kept = Pick<ConsoleSessionsOptions, 'store' | 'vault'>

/** The sign-in that the session began with. */
export async function samlLogin({ store, vault }: Kept, session: ConsoleSession): Promise<SamlLogin | undefined> {
  const record = await store.get(consoleSessions, [session.account, session.id])
  return record?.saml && loginOf(vault, record, record.saml.sealed)
}

/** Ends the sessions of a person of a provider, as the provider asks. Answers how many ended. */
export async function endOfPerson(
  { store, vault }: Kept,
  records: SessionRecords,
  { indexes, isOf, ...of }: PersonSignOut,
  visit: Visit,
): Promise<number> {
  // One whose name at the provider is not known may be any.
  const named = new Set(indexes.map(digest))
  let count = 0
  for (const record of await everything(store, consoleSessions, [personOf(of)], 'person')) {
    const { saml } = record
    if (saml === undefined || (named.size > 0 && saml.index !== undefined && !named.has(saml.index))) continue
    if (!(await isOf(loginOf(vault, record, saml.sealed).provider))) continue
    const { current, before, earlier = [] } = records.stateOf(record)
    const read = [
      await records.open(current, visit.now),
      ...(before === undefined ? [] : [await records.open(before, visit.now)]),
    ]
    const opened = read.flatMap((one) => ('opened' in one ? [one.opened] : []))
    await records.finish(record, opened, earlier, visit)
    count++
  }
  return count
}
