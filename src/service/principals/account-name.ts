// What an account is called where people look: beside its id, never in its place, for two accounts may have one name.
import type { Reader } from '../../store/store.ts'
import { accountAliases, accounts } from '../records.ts'

/** What bootstrap calls the first account, which nobody named. */
const UNNAMED = 'root'

/** The account's name in its organization, else its alias, else its id. */
export async function accountName(reader: Reader, id: string): Promise<string> {
  const name = (await reader.get(accounts, [id]))?.name ?? ''
  if (name !== '' && name !== UNNAMED && name !== id) return name
  return (await reader.get(accountAliases, [id]))?.alias ?? id
}
