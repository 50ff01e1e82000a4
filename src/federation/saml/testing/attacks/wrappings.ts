// Signature wrapping: what is signed stands in one place, and what might be read in another.
import type { SamlProviderForTests } from '../idp.ts'
import { type Attack, assertionElement, type Change, cut, signatureElement } from './attack.ts'

/** The eight shapes of signature wrapping (Somorovsky et al. 2012; numbered as SAML Raider does), of an administrator's assertion. */
export function wrappings(provider: SamlProviderForTests, now: Date): Attack[] {
  const xml = provider.respondXml({ now })
  const whole = provider.respondXml({ now, signs: 'response' })
  const signed = cut(xml, assertionElement)
  const signature = cut(signed, signatureElement)
  const plain = signed.replace(signatureElement, '')
  const evil = plain.replace('"_assertion"', '"_evil"').replace('jane@example.com', 'admin@example.com')
  const outer = cut(whole, signatureElement)
  const original = whole.replace(signatureElement, '')
  const evilWhole = original
    .replace('"_response"', '"_evil"')
    .replace('"_assertion"', '"_other"')
    .replace('jane@example.com', 'admin@example.com')
  const inside =
    (end: string, text: string): Change =>
    (of) =>
      of.replace(end, () => text + end)
  const withOuter = (text: string) => evilWhole.replace('</saml:Issuer>', () => `</saml:Issuer>${text}`)
  const put = (assertions: string) => xml.replace(assertionElement, () => assertions)
  const evilWith = (text: string) => evil.replace('</saml:Issuer>', () => `</saml:Issuer>${text}`)
  const object = (text: string) =>
    signature.replace('</ds:Signature>', () => `<ds:Object>${text}</ds:Object></ds:Signature>`)
  const row = (name: string, text: string): Attack => ({
    name: `signature wrapping ${name}`,
    rejected: 'not-one-assertion',
    xml: text,
  })
  return [
    row(
      '1: the signed response inside the signature of a forged one',
      withOuter(inside('</ds:Signature>', original)(outer)),
    ),
    row('2: the signed response beside its signature in a forged one', withOuter(original + outer)),
    row('3: a forged assertion before the signed one', put(evil + signed)),
    row('4: the signed assertion inside a forged one', put(inside('</saml:Assertion>', signed)(evil))),
    row('5: the signature moved to a forged assertion, the signed one behind', put(evilWith(signature) + plain)),
    row(
      '6: the signed assertion inside the signature of a forged one',
      put(evilWith(inside('</ds:Signature>', plain)(signature))),
    ),
    row('7: a forged assertion in Extensions', put(`<samlp:Extensions>${evil}</samlp:Extensions>${signed}`)),
    row('8: the signed assertion in an Object of the signature of a forged one', put(evilWith(object(plain)))),
    row(
      'with the signed assertion in Advice',
      put(inside('<saml:AuthnStatement', `<saml:Advice>${signed}</saml:Advice>`)(evil)),
    ),
    row('with two assertions of which one is signed', put(signed + evil)),
  ]
}
