// Account aliases: CreateAccountAlias and its family (IAM API Reference; IAM User Guide, "Create an alias for your AWS
// account"). An account has one at most, and a new one takes the place of the old; no two accounts have the same.
import type { Transaction } from '../../../store/store.ts'
import { accountOf } from '../../access/caller-account.ts'
import type { Parts } from '../../parts.ts'
import { alreadyExists, invalid, noSuchEntity } from '../../principals/refusals.ts'
import { accountAliases } from '../../records.ts'
import { check } from '../checks.ts'
import { changes, reads } from '../define.ts'

/**
 * Gives an account its alias: for the API and for a file alike.
 * DIVERGES: an alias like an account id is refused: where people look, one account must not go by another's id.
 *
 * @throws EntityAlreadyExists when an account has it, be it this one; ValidationError
 */
export async function setAccountAlias(tx: Transaction, account: string, alias: string): Promise<void> {
  if (!/^[a-z0-9](?:[a-z0-9]|-(?!-)){1,61}[a-z0-9]$/.test(alias) || /^\d{12}$/.test(alias)) {
    throw invalid('The specified value for accountAlias is invalid.')
  }
  if ((await tx.find(accountAliases, 'alias', [alias])) !== undefined) {
    throw alreadyExists(`The account alias ${alias} already exists.`)
  }
  const before = await tx.get(accountAliases, [account])
  if (before === undefined) await tx.create(accountAliases, { account, alias })
  else await tx.replace(accountAliases, { account, alias })
}

export const accountAliasOperations = ({ store }: Pick<Parts, 'store'>) => ({
  CreateAccountAlias: changes<'CreateAccountAlias'>()({
    load: (_, call) => accountOf(call),
    checks: (_, account) => [check('CreateAccountAlias', '*', account)],
    change: async (tx, { AccountAlias }, account) => {
      await setAccountAlias(tx, account, AccountAlias)
      return {}
    },
  }),

  DeleteAccountAlias: changes<'DeleteAccountAlias'>()({
    load: (_, call) => accountOf(call),
    checks: (_, account) => [check('DeleteAccountAlias', '*', account)],
    change: async (tx, { AccountAlias }, account) => {
      const current = await tx.get(accountAliases, [account])
      if (current?.alias !== AccountAlias) {
        throw noSuchEntity(`The account alias with name ${AccountAlias} cannot be found.`)
      }
      await tx.delete(accountAliases, [account])
      return {}
    },
  }),

  ListAccountAliases: reads<'ListAccountAliases'>()({
    load: (_, call) => accountOf(call),
    checks: (_, account) => [check('ListAccountAliases', '*', account)],
    handle: async (_, account) => {
      const current = await store.get(accountAliases, [account])
      return { AccountAliases: current === undefined ? [] : [current.alias], IsTruncated: false }
    },
  }),
})
