// Makes development mode's SAML provider one of both accounts' of the demonstration, with the roles that it gives to people, and
// gives the accounts the names that people see.
import { samlProviderArn } from '../core/arn.ts'
import { readMetadata } from '../federation/saml/metadata.ts'
import { consumerPath, ownConsumerPath } from '../server/signin/parts.ts'
import { setAccountAlias } from '../service/iam/account/aliases.ts'
import { createSamlProvider } from '../service/iam/providers/saml-providers.ts'
import { newSamlId } from '../service/iam/providers/saml-target.ts'
import type { Parts } from '../service/parts.ts'
import { newRoleId } from '../service/principals/create.ts'
import { accountAliases, isoTime, type SamlProvider, samlProviders } from '../service/records.ts'
import type { Transaction } from '../store/store.ts'
import { engineering, production } from './demonstration.ts'
import { policyOf, putRole } from './roles.ts'
import { samlPath } from './saml-addresses.ts'
import { sessionSeconds } from './saml-messages.ts'
import { samlMetadata } from './saml-metadata.ts'
import { type SamlRole, samlProviderName, samlRoles } from './saml-roles.ts'

const aliases: Readonly<Record<string, string>> = {
  [engineering]: 'example-engineering',
  [production]: 'example-production',
}

export interface SamlRegistration {
  readonly publicUrl: string
  /** PEM, of this start: the key before it is gone. */
  readonly certificate: string
  readonly now: Date
  /** Leaves the record of it in the audit, in the same transaction. */
  readonly record: (tx: Transaction) => void
}

/**
 * Registers the provider where it is missing, with its roles, and gives it the certificate of this start where it is there. What
 * was changed since stays as it is: the roles, and a provider of that name that is another company's. On a server that moved the
 * roles trust the provider at its new address.
 */
export async function registerSaml(parts: Parts, { publicUrl, certificate, now, record }: SamlRegistration) {
  const createdAt = isoTime(now)
  const ids = new Map(Object.keys(aliases).map((account) => [account, newSamlId(parts.random)]))
  const roleIds = samlRoles.map(() => newRoleId(parts.random))
  await parts.store.transact(async (tx) => {
    for (const [account, newId] of ids) {
      const there = await tx.get(samlProviders, [account, samlProviderName])
      const uuid = there?.uuid ?? newId
      const metadata = samlMetadata(publicUrl, certificate, uuid)
      const before = there && entityIdOf(there)
      if (there === undefined) {
        const keys = { encryption: 'Allowed', privateKeys: [] } as const
        const provider = { account, name: samlProviderName, uuid, metadata, createdAt, tags: [], ...keys }
        await createSamlProvider(tx, provider, parts.quotas)
        await name(tx, account)
      } else if (before?.endsWith(samlPath)) await tx.replace(samlProviders, { ...there, metadata })
      else continue
      if (before === publicUrl + samlPath) continue
      for (const [at, role] of samlRoles.entries()) {
        if (role.account !== account) continue
        const trust = trustOf(
          role,
          [consumerPath, ownConsumerPath(uuid)].map((path) => publicUrl + path),
        )
        const { description, policy } = role
        const made = { account, id: roleIds[at] ?? '', name: role.name, description, trust, createdAt }
        await putRole(tx, parts.quotas, { ...made, maxSessionDuration: sessionSeconds }, policy)
      }
    }
    record(tx)
  })
}

function entityIdOf({ metadata }: SamlProvider): string | undefined {
  const read = readMetadata(metadata)
  return 'provider' in read ? read.provider.entityId : undefined
}

/** Gives an account its alias, unless it has one or another account has that. */
async function name(tx: Transaction, account: string) {
  const alias = aliases[account] ?? ''
  const has = await tx.get(accountAliases, [account])
  const taken = await tx.find(accountAliases, 'alias', [alias])
  if (has === undefined && taken === undefined) await setAccountAlias(tx, account, alias)
}

/** Whom the provider names, in a response that was made for this server. */
const trustOf = ({ account, condition }: SamlRole, audiences: readonly string[]) =>
  policyOf({
    Principal: { Federated: samlProviderArn(account, samlProviderName) },
    Action: ['sts:AssumeRoleWithSAML', 'sts:TagSession', 'sts:SetSourceIdentity'],
    Condition: { StringEquals: { 'SAML:aud': audiences, ...condition } },
  })
