// A sign-in's record and what it says: groups, attributes and the renewal secret are sealed to the record.
import { Secret } from '../../../core/secret.ts'
import type { Person, PersonGroup } from '../../../federation/person.ts'
import type { Connector } from '../../contracts/people-table.ts'
import type { SignIn } from '../../contracts/sign-ins.ts'
import type { Vault } from '../../parts.ts'
import type { SignInRecord } from './sign-in-records.ts'

/** People belong to no account. */
export const SYSTEM = 'system'

/** Who vouches for a connector's people. A directory's ids are unique everywhere. */
export function authorityOf(connector: Connector): string {
  switch (connector.kind) {
    case 'directory':
      return 'directory'
    case 'oidc':
      return `oidc ${connector.issuer}`
    case 'saml':
      return `saml ${connector.provider}`
  }
}

interface Content {
  readonly groups: readonly PersonGroup[]
  readonly attributes: readonly (readonly [string, readonly string[]])[]
  readonly renewal?: string
}

export function sealContent(
  vault: Vault,
  id: string,
  { groups, attributes }: Pick<Person, 'groups' | 'attributes'>,
  renewal: Secret | undefined,
): string {
  const content: Content = {
    groups: groups.map(({ name, dn }) => ({ name, ...(dn === undefined ? {} : { dn }) })),
    attributes: [...attributes],
    ...(renewal === undefined ? {} : { renewal: renewal.reveal() }),
  }
  return vault.seal(SYSTEM, id, 'sign-in', JSON.stringify(content))
}

export function openSignIn(vault: Vault, record: SignInRecord): SignIn {
  const { account, id, connector, personId, login, client, multiFactorAt, authenticatedAt } = record
  const content = JSON.parse(vault.open(account, id, 'sign-in', record.sealed)) as Content
  return {
    ...{ id, connector, personId, login, client, groups: content.groups, attributes: new Map(content.attributes) },
    startedAt: new Date(record.startedAt),
    endsAt: new Date(record.endsAt),
    ...(multiFactorAt === undefined ? {} : { multiFactorAt: new Date(multiFactorAt) }),
    ...(authenticatedAt === undefined ? {} : { authenticatedAt: new Date(authenticatedAt) }),
    confirmedAt: new Date(record.confirmedAt),
    ...(content.renewal === undefined ? {} : { renewal: new Secret(content.renewal) }),
  }
}

/** The person of a sign-in, as the table knows people. */
export const personOf = ({ connector, personId: id, login, groups, attributes }: SignIn) => ({
  ...{ connector, id, login, groups, attributes },
})
