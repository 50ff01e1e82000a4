// Filters of searches (RFC 4511 section 4.5.1.7).
// INVARIANT: a filter is an object, never text that is put together: what somebody typed is a value within it, whatever it contains.
import { AndFilter, EqualityFilter, ExtensibleFilter, type Filter, OrFilter, PresenceFilter } from 'ldapts'

export const equals = (attribute: string, value: string | Buffer): Filter => new EqualityFilter({ attribute, value })

export const all = (filters: readonly Filter[]): Filter => new AndFilter({ filters: [...filters] })

export const any = (filters: readonly Filter[]): Filter =>
  filters.length === 1 && filters[0] !== undefined ? filters[0] : new OrFilter({ filters: [...filters] })

export const everything: Filter = new PresenceFilter({ attribute: 'objectClass' })

/** Active Directory's LDAP_MATCHING_RULE_IN_CHAIN (MS-ADTS section 3.1.1.3.4.4.3). */
export const inChain = (attribute: string, value: string): Filter =>
  new ExtensibleFilter({ matchType: attribute, rule: '1.2.840.113556.1.4.1941', value })
