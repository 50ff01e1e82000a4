// What a verified assertion says: SAML core 2.3.3. It gets what was read from the canonical bytes, and the document is not at hand.
import type { CanonicalElement } from './canonical.ts'
import { checkFreshness, readConditions, readConfirmation, readSession } from './conditions.ts'
import type { Expected, SamlAssertion } from './model.ts'
import { namespaces } from './names.ts'
import { BadValue, children, earliest, instant, one, required, text } from './values.ts'

/** Throws BadValue. */
export function readAssertion(assertion: CanonicalElement, expected: Expected, now: Date): SamlAssertion {
  if (assertion.local !== 'Assertion' || assertion.namespace !== namespaces.assertion)
    throw new BadValue('not-one-assertion', 'no Assertion')
  if (required(assertion, 'Version') !== '2.0') throw new BadValue('bad-value', 'another version of SAML')
  const issuer = text(one(assertion, 'Issuer', 'issuer'), 'issuer')
  if (issuer !== expected.provider.entityId) throw new BadValue('issuer', `issued by ${issuer}`)
  const subject = one(assertion, 'Subject', 'subject')
  const { audience, notOnOrAfter: conditionsEnd } = readConditions(assertion, expected, now)
  const confirmation = readConfirmation(subject, expected, now)
  const issueInstant = instant(required(assertion, 'IssueInstant'))
  checkFreshness(issueInstant, now)
  const { sessionNotOnOrAfter, sessionIndex, authnContexts, authnInstant } = readSession(assertion, expected, now)
  const nameId = one(subject, 'NameID', 'subject')
  const value = text(nameId, 'subject')
  if (value === '') throw new BadValue('subject', 'an empty NameID')
  return {
    ...{
      id: required(assertion, 'ID'),
      issuer,
      audience,
      issueInstant,
      recipient: confirmation.recipient,
      authnContexts,
    },
    nameId: { value, format: nameId.attributes.get('Format') },
    notOnOrAfter: earliest([conditionsEnd, confirmation.notOnOrAfter]) ?? confirmation.notOnOrAfter,
    ...(confirmation.inResponseTo !== undefined && { inResponseTo: confirmation.inResponseTo }),
    ...(sessionNotOnOrAfter !== undefined && { sessionNotOnOrAfter }),
    ...(sessionIndex !== undefined && { sessionIndex }),
    ...(authnInstant !== undefined && { authnInstant }),
    ...readAttributes(assertion),
  }
}

function readAttributes(assertion: CanonicalElement): Pick<SamlAssertion, 'attributes' | 'repeated'> {
  const attributes = new Map<string, string[]>()
  const repeated = new Set<string>()
  for (const statement of children(assertion, 'AttributeStatement')) {
    const stated = children(statement, 'Attribute')
    // An EncryptedAttribute, which nobody here can read: a policy that denies by it would be passed by.
    if (stated.length < statement.children.length)
      throw new BadValue('bad-value', 'a statement with something else than attributes')
    for (const attribute of stated) {
      const name = required(attribute, 'Name')
      const values = children(attribute, 'AttributeValue').flatMap(attributeValue)
      const before = attributes.get(name)
      if (before === undefined) attributes.set(name, values)
      else {
        repeated.add(name)
        before.push(...values)
      }
    }
  }
  return { attributes, repeated }
}

const nil = `${namespaces.schemaInstance} nil`

/** A text; or the one NameID that eduPersonTargetedID's values are written as. */
function attributeValue(value: CanonicalElement): string[] {
  if (value.qualified.get(nil) === 'true' || value.qualified.get(nil) === '1') return []
  if (value.children.length === 0) return [text(value)]
  return [text(one(value, 'NameID'))].filter(() => value.children.length === 1)
}
