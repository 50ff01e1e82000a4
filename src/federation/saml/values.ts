// Values inside a verified element: one child of a name, an instant, a text. What is not as the schema has it makes the whole
// response refused.
import type { CanonicalElement } from './canonical.ts'
import type { SamlRejection } from './model.ts'
import { namespaces } from './names.ts'

/** What was wrong with a value, thrown inside the reading of one response and caught at its edge. */
export class BadValue extends Error {
  readonly rejected: SamlRejection
  constructor(rejected: SamlRejection, detail: string) {
    super(detail)
    this.rejected = rejected
  }
}

export function children(
  element: CanonicalElement,
  local: string,
  namespace: string = namespaces.assertion,
): readonly CanonicalElement[] {
  if (element.text === undefined) throw new BadValue('bad-value', `text between the elements of ${element.local}`)
  return element.children.filter((child) => child.local === local && child.namespace === namespace)
}

export function one(
  element: CanonicalElement,
  local: string,
  rejected: SamlRejection = 'bad-value',
  namespace: string = namespaces.assertion,
): CanonicalElement {
  const [found, ...more] = children(element, local, namespace)
  if (found === undefined || more.length > 0) throw new BadValue(rejected, `not one ${local} in ${element.local}`)
  return found
}

export function required(element: CanonicalElement, name: string, rejected: SamlRejection = 'bad-value'): string {
  const value = element.attributes.get(name)
  if (value === undefined) throw new BadValue(rejected, `${element.local} without ${name}`)
  return value
}

/** The text of an element that holds text alone. */
export function text(element: CanonicalElement, rejected: SamlRejection = 'bad-value'): string {
  if (element.children.length > 0 || element.text === undefined)
    throw new BadValue(rejected, `${element.local} holds elements`)
  return element.text
}

const dateTime = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,12})?Z$/

/** xs:dateTime in UTC, as SAML core 1.3.3 has it. */
export function instant(spelled: string): Date {
  const [year, month, day] = [Number(spelled.slice(0, 4)), Number(spelled.slice(5, 7)), Number(spelled.slice(8, 10))]
  // Date.parse takes milliseconds; more digits of a second are cut off.
  const date = new Date(
    dateTime.test(spelled) ? Date.parse(spelled.length > 24 ? `${spelled.slice(0, 23)}Z` : spelled) : Number.NaN,
  )
  // It takes a 30th of February for a day in March, and 24 o'clock for one of tomorrow.
  if (date.getUTCFullYear() !== year || date.getUTCMonth() + 1 !== month || date.getUTCDate() !== day)
    throw new BadValue('bad-value', 'a time that is no xs:dateTime in UTC')
  return date
}

export function optionalInstant(element: CanonicalElement, name: string): Date | undefined {
  const value = element.attributes.get(name)
  return value === undefined ? undefined : instant(value)
}

export function earliest(dates: readonly (Date | undefined)[]): Date | undefined {
  const known = dates.filter((date) => date !== undefined)
  return known.length === 0 ? undefined : new Date(Math.min(...known.map((date) => date.getTime())))
}
