// What attacks are made of: changes of a response's text.
import type { Expected, SamlRejection } from '../../model.ts'

export interface Attack {
  readonly name: string
  readonly rejected: SamlRejection
  readonly xml: string
  readonly expected?: Partial<Expected>
}

export type Change = (xml: string) => string

/** Fails where there is nothing to change: an attack that changes nothing is none. */
export const swap =
  (from: string | RegExp, to: string): Change =>
  (xml) => {
    const changed = xml.replace(from, to)
    if (changed === xml) throw new TypeError(`nothing to change: ${from}`)
    return changed
  }

export const signatureElement = /<ds:Signature .*?<\/ds:Signature>/
export const assertionElement = /<saml:Assertion .*<\/saml:Assertion>/

export function cut(xml: string, element: RegExp): string {
  const found = element.exec(xml)?.[0]
  if (found === undefined) throw new TypeError('nothing to cut')
  return found
}
