// What an operator may choose for the first account's root: account, access key id, secret.
import { accountOfKeyId } from './ids.ts'

export interface RootTexts {
  readonly account?: string | undefined
  readonly accessKeyId?: string | undefined
  readonly secret?: string | undefined
}

export const accountIdProblem = (text: string) => (/^\d{12}$/.test(text) ? undefined : 'must be 12 digits')

/** What is wrong with an access key id, for an account when one is given. */
export function rootKeyIdProblem(text: string, account?: string): string | undefined {
  const carried = /^AKIA[A-Z2-7]{16}$/.test(text) ? accountOfKeyId(text) : undefined
  return carried !== undefined && carried === (account ?? carried)
    ? undefined
    : `must be AKIA and 16 of A-Z2-7 that carry the account${account ? ` ${account}` : ''}; leave it out to have one made`
}

export const rootSecretProblem = (text: string) =>
  /^[A-Za-z0-9/+]{40}$/.test(text) ? undefined : 'must be 40 characters of A-Za-z0-9/+'

/** What is wrong with them together, with the setting it is about. The secret is not in it. */
export function rootProblem({ account, accessKeyId, secret }: RootTexts): string | undefined {
  if ((accessKeyId === undefined) !== (secret === undefined)) {
    return 'root-access-key-id and root-secret-access-key must be given together'
  }
  const each: readonly [setting: string, problem: string | undefined][] = [
    ['root-account-id', account === undefined ? undefined : accountIdProblem(account)],
    ['root-access-key-id', accessKeyId === undefined ? undefined : rootKeyIdProblem(accessKeyId, account)],
    ['root-secret-access-key', secret === undefined ? undefined : rootSecretProblem(secret)],
  ]
  const [setting, problem] = each.find(([, problem]) => problem !== undefined) ?? []
  return problem === undefined ? undefined : `${setting}: ${problem}`
}
