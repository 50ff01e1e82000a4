// Who a verified assertion says somebody is: an assertion as a company's providers make them for any application, without AWS's
// attributes (SAML core 2.3.3, 8.3.7; Microsoft Entra ID, "Groups overage claim").
import type { Person, PersonGroup } from '../person.ts'
import { groupsNamed, longestName, type NoPerson, noPerson, tagValues } from '../person-values.ts'
import type { SamlAssertion } from './model.ts'
import { persistent } from './names.ts'

/** Which attributes say what, by their Name to the letter. */
export interface AttributeNames {
  /** The connector's. */
  readonly name: string
  /** Absent: people are in no groups. */
  readonly groupsAttribute?: string
  /** Absent: the NameID, which then must be persistent. */
  readonly idAttribute?: string
  /** Absent: the NameID. */
  readonly loginAttribute?: string
  /** Values are names of the attributes that session tags are made of, in whatever case. */
  readonly tags: ReadonlyMap<string, string>
  /** AuthnContextClassRef values, of which one says that a second factor was used. */
  readonly multiFactorContexts: readonly string[]
}

export function personOfAssertion(names: AttributeNames, assertion: SamlAssertion): Person | NoPerson {
  const { attributes, nameId, authnContexts, authnInstant, sessionNotOnOrAfter } = assertion
  // INVARIANT: a NameID of another format may be another person's tomorrow (an address), or the next minute (transient).
  if (names.idAttribute === undefined && nameId.format !== persistent)
    return noPerson(
      'no-id',
      `a NameID of the format ${nameId.format ?? 'unspecified'}, and no attribute that says who it is`,
    )
  const id = names.idAttribute === undefined ? nameId.value : one(attributes, names.idAttribute)
  if (id === undefined) return noPerson('no-id', `not one value of ${names.idAttribute}`)
  const login = names.loginAttribute === undefined ? nameId.value : one(attributes, names.loginAttribute)
  if (login === undefined) return noPerson('no-id', `not one value of ${names.loginAttribute}`)
  if (id.length > longestName || login.length > longestName)
    return noPerson('no-id', 'an id or a login that is too long')
  const groups = groupsOf(names.groupsAttribute, attributes)
  if ('rejected' in groups) return groups
  return {
    ...{ connector: names.name, id, login, groups },
    attributes: tagValues(names.tags, attributes, (values) => values),
    multiFactor: authnContexts.some((context) => names.multiFactorContexts.includes(context)),
    ...(authnInstant === undefined ? {} : { authenticatedAt: Math.floor(authnInstant.getTime() / 1000) }),
    ...(sessionNotOnOrAfter === undefined ? {} : { endsAt: Math.floor(sessionNotOnOrAfter.getTime() / 1000) }),
  }
}

type Attributes = SamlAssertion['attributes']

/** Of two values, in one element or in two, neither is taken for the one that was meant. */
function one(attributes: Attributes, name: string): string | undefined {
  const [only, ...others] = attributes.get(name) ?? []
  return others.length === 0 && only !== '' ? only : undefined
}

/** Values of repeated elements are one list: Keycloak writes an element for each. INVARIANT: absent is not "in no group". */
function groupsOf(name: string | undefined, attributes: Attributes): readonly PersonGroup[] | NoPerson {
  if (name === undefined) return []
  // Entra leaves the groups out where there are more than 150, and gives a link in place of them.
  if ([...attributes.keys()].some((key) => key.toLowerCase().endsWith('/claims/groups.link')))
    return noPerson(
      'groups',
      'the provider says that there are more groups than it puts into a response (groups overage)',
    )
  const values = attributes.get(name)
  if (values === undefined) return noPerson('groups', `no attribute ${name}`)
  return groupsNamed(values, `attribute ${name}`)
}
