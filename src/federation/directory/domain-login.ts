// `DOMAIN\name` as people of Active Directory type it: the name is their sAMAccountName, and the domain is that of their DN
// (MS-ADTS section 6.1.1.2.1.1.1).
import { domainOf, normalDn } from './dn.ts'
import { type Entry, textsOf } from './entry.ts'
import { all, equals, everything } from './filters.ts'
import type { Asking } from './reading.ts'

const accountName = 'sAMAccountName'

export interface DomainLogin {
  readonly domain: string
  readonly name: string
  readonly attribute: typeof accountName
}

/** Undefined for a login of another form, and where people do not sign in with their account's name. */
export function domainLogin(login: string, loginAttributes: readonly string[]): DomainLogin | undefined {
  const [, domain, name] = /^([^\\]+)\\([^\\]+)$/.exec(login) ?? []
  if (domain === undefined || name === undefined) return undefined
  const isUsed = loginAttributes.some((attribute) => attribute.toLowerCase() === accountName.toLowerCase())
  return isUsed ? { domain, name, attribute: accountName } : undefined
}

/** Whether the entry stands in the domain of that NetBIOS name. */
export async function isInDomain({ dn }: Entry, domain: string, { connection, answer }: Asking): Promise<boolean> {
  const own = domainOf(dn)
  if (own === undefined) return false
  const search = { scope: 'base', filter: everything, attributes: ['configurationNamingContext'] } as const
  const [root] = await connection.search({ base: '', ...search }, 1, answer())
  const [configuration] = root === undefined ? [] : textsOf(root, 'configurationNamingContext')
  if (configuration === undefined) return false
  const domains = await connection.search(
    {
      base: `CN=Partitions,${configuration}`,
      scope: 'sub',
      filter: all([equals('objectClass', 'crossRef'), equals('nETBIOSName', domain)]),
      attributes: ['nCName'],
    },
    10,
    answer(),
  )
  return domains.some((found) => textsOf(found, 'nCName').some((name) => normalDn(name) === own))
}
