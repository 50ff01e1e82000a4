// Responses that must be refused, each with the reason: known attacks on SAML, and responses of somebody else, of another time, for another place.
// They are a table so that a second verifier can be asked about the same ones.
import { constants, createHmac, type KeyObject, publicEncrypt } from 'node:crypto'
import type { Expected, SamlRejection } from '../model.ts'
import { namespaces } from '../names.ts'
import { newSamlKeys, type ResponseChoice, type SamlKeys, type SamlProviderForTests, seconds } from './idp.ts'

export interface Attack {
  readonly name: string
  readonly rejected: SamlRejection
  readonly xml: string
  readonly expected?: Partial<Expected>
}

type Change = (xml: string) => string
const swap =
  (from: string | RegExp, to: string): Change =>
  (xml) => {
    const changed = xml.replace(from, to)
    if (changed === xml) throw new TypeError(`nothing to change: ${from}`)
    return changed
  }

const signatureElement = /<ds:Signature .*?<\/ds:Signature>/
const assertionElement = /<saml:Assertion .*<\/saml:Assertion>/
const cut = (xml: string, element: RegExp) => {
  const found = element.exec(xml)?.[0]
  if (found === undefined) throw new TypeError('nothing to cut')
  return found
}

/** The eight shapes of signature wrapping (Somorovsky et al. 2012; numbered as SAML Raider does), of an administrator's assertion. */
function wrappings(provider: SamlProviderForTests, now: Date): Attack[] {
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

/** A signature that is no proof, or one that is made or placed in another way than the one that counts. */
function signatures(provider: SamlProviderForTests, now: Date): Attack[] {
  const other = newSamlKeys()
  const respond = (choice: ResponseChoice) => provider.respondXml({ now, ...choice })
  const info = (change: Change) => respond({ signature: { signedInfo: change } })
  const element = (change: Change) => respond({ signature: { signature: change } })
  const after = (change: Change) => respond({ afterSigning: change })
  const moved =
    (before: string): Change =>
    (xml) => {
      const signature = cut(xml, signatureElement)
      return swap(before, `${signature}${before}`)(xml.replace(signatureElement, ''))
    }
  const hmac: Change = (xml) =>
    xml.replace(
      /<ds:SignatureValue>.*<\/ds:SignatureValue>/,
      () => `<ds:SignatureValue>${hmacOf(xml, provider.keys)}</ds:SignatureValue>`,
    )
  const transform = (algorithm: string, content = '') =>
    swap(
      /<ds:Transform Algorithm="[^"]*enveloped-signature"><\/ds:Transform>/,
      `$&<ds:Transform Algorithm="${algorithm}">${content}</ds:Transform>`,
    )
  const reference = (xml: string) => /<ds:Reference.*<\/ds:Reference>/.exec(xml)?.[0] ?? ''
  const more = 'http://www.w3.org/2001/04/xmldsig-more#'
  const rows: [string, SamlRejection, string][] = [
    ['unsigned', 'unsigned', respond({ signs: 'none' })],
    ['signed as a response alone', 'unsigned', respond({ signs: 'response' })],
    ['signed by another key, which the response itself brings', 'signature', respond({ signature: { keys: other } })],
    ['changed after it was signed', 'digest', after(swap('jane@example.com', 'admin@example.com'))],
    ['an attribute added', 'digest', after(swap('Version="2.0"', 'Version="2.0" x="1"'))],
    ['SignedInfo changed after it was signed', 'digest', element(swap(/<ds:DigestValue>./, '<ds:DigestValue>/'))],
    ['SignatureValue changed', 'signature', element(swap(/<ds:SignatureValue>....../, '<ds:SignatureValue>AAAAAA'))],
    ['SignatureValue empty', 'signature-shape', element(swap(/<ds:SignatureValue>[^<]*/, '<ds:SignatureValue>'))],
    [
      'an HMAC under the public key',
      'algorithm',
      respond({ signature: { signedInfo: swap(`${more}rsa-sha256`, `${more}hmac-sha256`), signature: hmac } }),
    ],
    [
      'HMACOutputLength',
      'signature-shape',
      info(swap('</ds:SignatureMethod>', '<ds:HMACOutputLength>1</ds:HMACOutputLength></ds:SignatureMethod>')),
    ],
    ['RSA with SHA-1', 'algorithm', respond({ signature: { algorithm: `${namespaces.signature}rsa-sha1` } })],
    ['a SHA-1 digest', 'algorithm', respond({ signature: { digest: `${namespaces.signature}sha1` } })],
    ['RSA with MD5', 'algorithm', info(swap(`${more}rsa-sha256`, `${more}rsa-md5`))],
    ['an unknown signature method', 'algorithm', info(swap(`${more}rsa-sha256`, 'urn:none'))],
    ['an unknown digest', 'algorithm', info(swap('xmlenc#sha256', 'xmlenc#none'))],
    ['an algorithm of another kind of key', 'signature', info(swap(`${more}rsa-sha256`, `${more}ecdsa-sha256`))],
    [
      'an XSLT transform',
      'algorithm',
      info(
        transform(
          'http://www.w3.org/TR/1999/REC-xslt-19991116',
          '<x:stylesheet xmlns:x="http://www.w3.org/1999/XSL/Transform"></x:stylesheet>',
        ),
      ),
    ],
    [
      'an XPath transform',
      'algorithm',
      info(transform('http://www.w3.org/TR/1999/REC-xpath-19991116', '<ds:XPath>self::text()</ds:XPath>')),
    ],
    ['a base64 transform', 'algorithm', info(transform(`${namespaces.signature}base64`))],
    [
      'no enveloped-signature transform',
      'algorithm',
      info(swap(/<ds:Transform Algorithm="[^"]*enveloped-signature"><\/ds:Transform>/, '')),
    ],
    [
      'inclusive canonicalisation',
      'algorithm',
      info(
        swap(
          `CanonicalizationMethod Algorithm="${namespaces.exclusive}"`,
          'CanonicalizationMethod Algorithm="http://www.w3.org/TR/2001/REC-xml-c14n-20010315"',
        ),
      ),
    ],
    [
      'canonicalisation with comments',
      'algorithm',
      info(
        swap(
          `CanonicalizationMethod Algorithm="${namespaces.exclusive}"`,
          `CanonicalizationMethod Algorithm="${namespaces.exclusive}WithComments"`,
        ),
      ),
    ],
    [
      'canonicalisation with parameters of SignedInfo',
      'signature-shape',
      info(
        swap(
          '</ds:CanonicalizationMethod>',
          `<ec:InclusiveNamespaces xmlns:ec="${namespaces.exclusive}" PrefixList="ds"></ec:InclusiveNamespaces></ds:CanonicalizationMethod>`,
        ),
      ),
    ],
    ['an odd PrefixList', 'signature-shape', respond({ signature: { inclusive: 'saml saml' } })],
    ['no reference', 'reference', info((xml) => xml.replace(reference(xml), ''))],
    ['two references', 'reference', info((xml) => xml.replace(reference(xml), (same) => same + same))],
    [
      'a second reference that is right, the first to another element',
      'reference',
      info((xml) => xml.replace(reference(xml), (same) => same.replace('#_assertion', '#_response') + same)),
    ],
    ['a reference to the whole document', 'reference', info(swap('URI="#_assertion"', 'URI=""'))],
    ['a reference without a URI', 'reference', info(swap(' URI="#_assertion"', ''))],
    ['a reference to another element', 'reference', info(swap('#_assertion', '#_response'))],
    ['a reference by XPointer', 'reference', info(swap('#_assertion', "#xpointer(id('_assertion'))"))],
    ['a reference elsewhere', 'reference', info(swap('#_assertion', 'https://evil.example/'))],
    [
      'a Type on the reference',
      'reference',
      info(swap('<ds:Reference ', `<ds:Reference Type="${namespaces.signature}Manifest" `)),
    ],
    ['a truncated digest', 'digest', info(swap(/<ds:DigestValue>(.{8})[^<]*/, '<ds:DigestValue>$1'))],
    ['an empty digest', 'digest', info(swap(/<ds:DigestValue>[^<]*/, '<ds:DigestValue>'))],
    [
      'the digest of nothing',
      'digest',
      info(swap(/<ds:DigestValue>[^<]*/, '<ds:DigestValue>47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=')),
    ],
    ['white space in the digest', 'signature-shape', info(swap('<ds:DigestValue>', '<ds:DigestValue> '))],
    [
      'an element in the digest',
      'signature-shape',
      info(swap(/<ds:DigestValue>([^<]*)/, '<ds:DigestValue>$1<ds:x>AAAA</ds:x>')),
    ],
    ['two DigestValues', 'signature-shape', info(swap(/<ds:DigestValue>[^<]*<\/ds:DigestValue>/, '$&$&'))],
    ['two SignedInfos', 'signature-shape', element(swap(/<ds:SignedInfo.*<\/ds:SignedInfo>/, '$&$&'))],
    ['two SignatureValues', 'signature-shape', element(swap(/<ds:SignatureValue>[^<]*<\/ds:SignatureValue>/, '$&$&'))],
    [
      'an Object in the signature',
      'signature-shape',
      element(swap('</ds:Signature>', '<ds:Object>x</ds:Object></ds:Signature>')),
    ],
    ['two signatures in the assertion', 'signature-shape', respond({ signature: { signature: (xml) => xml + xml } })],
    ['a signature in the subject', 'signature-shape', after(moved('<saml:NameID'))],
    [
      'the assertion’s signature on the response',
      'reference',
      respond({
        finished: (xml) =>
          swap('<samlp:Status>', `${cut(xml, signatureElement)}<samlp:Status>`)(xml.replace(signatureElement, '')),
      }),
    ],
    [
      'a signature in another namespace',
      'signature-shape',
      element((xml) => xml.replaceAll(namespaces.signature, `${namespaces.signature}x`)),
    ],
    [
      'a SignedInfo in another namespace',
      'signature-shape',
      element(swap(/<ds:SignedInfo xmlns:ds="[^"]*">/, '<ds:SignedInfo xmlns:ds="urn:x">')),
    ],
    [
      'a response signature that is wrong beside a right one',
      'digest',
      respond({ signs: 'both', finished: swap('Version="2.0"', 'Version="2.0" Consent="x"') }),
    ],
    [
      'two response signatures',
      'signature-shape',
      respond({ signs: 'both', finished: (xml) => swap(signatureElement, '$&$&')(xml) }),
    ],
  ]
  return rows.map(([name, rejected, xml]) => ({ name, rejected, xml }))
}

function hmacOf(signature: string, { publicKey }: SamlKeys): string {
  const info = /<ds:SignedInfo.*<\/ds:SignedInfo>/.exec(signature)?.[0] ?? ''
  return createHmac('sha256', publicKey.export({ type: 'spki', format: 'pem' }).toString())
    .update(info)
    .digest('base64')
}

/** Texts of which two parsers make two things. */
function differentials(provider: SamlProviderForTests, now: Date): Attack[] {
  const finished = (change: Change) => provider.respondXml({ now, finished: change })
  const before = (text: string) => finished((xml) => text + xml)
  const nameId = (text: string) => finished(swap('jane@example.com', text))
  const laughs = Array.from({ length: 10 }, (_, at) => `<!ENTITY l${at + 1} "&l${at};&l${at};">`).join('')
  const rows: [string, SamlRejection, string][] = [
    ['a document type', 'document-type', before('<!DOCTYPE Response>')],
    ['an external entity', 'document-type', before('<!DOCTYPE r [<!ENTITY x SYSTEM "file:///etc/passwd">]>')],
    ['nested entities', 'document-type', before(`<!DOCTYPE r [<!ENTITY l0 "ha">${laughs}]>`)],
    ['a default for an ID', 'document-type', before('<!DOCTYPE r [<!ATTLIST saml:Assertion x ID #IMPLIED>]>')],
    ['an unknown entity', 'not-xml', nameId('&admin;')],
    ['a processing instruction in NameID', 'processing-instruction', nameId('<?x jane?>jane@example.com')],
    [
      'a processing instruction in DigestValue',
      'processing-instruction',
      finished(swap('<ds:DigestValue>', '<ds:DigestValue><?x y?>')),
    ],
    ['a processing instruction before the document', 'processing-instruction', before('<?xml-stylesheet href="x"?>')],
    ['a second XML declaration', 'processing-instruction', before('<?xml version="1.0"?><?xml version="1.0"?>')],
    ['XML 1.1', 'processing-instruction', before('<?xml version="1.1"?>')],
    ['another encoding', 'processing-instruction', before('<?xml version="1.0" encoding="utf-7"?>')],
    ['a comment in NameID', 'comment', nameId('jane@example.com<!-- -->.evil.example')],
    ['a comment in DigestValue', 'comment', finished(swap('<ds:DigestValue>', '<ds:DigestValue><!--AAAA-->'))],
    ['a comment behind the document', 'comment', finished((xml) => `${xml}<!-- -->`)],
    ['CDATA in NameID', 'cdata', nameId('<![CDATA[jane@example.com]]>')],
    ['an ID twice', 'duplicate-id', finished(swap('ID="_response"', 'ID="_assertion"'))],
    [
      'an ID twice, in two spellings',
      'duplicate-id',
      finished(swap('<ds:Signature ', '<ds:Signature Id="_assertion" ')),
    ],
    ['an ID in a namespace', 'id-attribute', finished(swap('ID="_response"', 'ID="_response" samlp:ID="_assertion"'))],
    ['xml:id', 'id-attribute', finished(swap('ID="_response"', 'ID="_response" xml:id="_assertion"'))],
    ['an ID spelled with references', 'id-attribute', finished(swap('ID="_response"', 'ID="&#95;assertion"'))],
    ['an attribute twice', 'duplicate-id', finished(swap('ID="_assertion"', 'ID="_assertion" ID="_assertion"'))],
    [
      'an attribute twice by two prefixes',
      'not-xml',
      finished(swap('ID="_assertion"', 'ID="_assertion" xmlns:p="urn:p" xmlns:q="urn:p" p:x="1" q:x="2"')),
    ],
    [
      'a relative namespace, which has no canonical form',
      'namespace',
      finished(swap('ID="_assertion"', 'ID="_assertion" xmlns:x="1"')),
    ],
    ['a namespace taken back', 'namespace', finished(swap('ID="_assertion"', 'ID="_assertion" xmlns=""'))],
    ['a namespace spelled with references', 'namespace', finished(swap('xmlns:samlp="urn:', 'xmlns:samlp="u&#114;n:'))],
    ['a namespace that is no URI', 'not-xml', finished(swap('ID="_assertion"', 'ID="_assertion" xmlns:x=\'urn:"x"\''))],
    ['an undeclared prefix', 'not-xml', finished(swap('ID="_assertion"', 'ID="_assertion" none:x="1"'))],
    [
      'an assertion in another namespace',
      'not-one-assertion',
      finished((xml) => xml.replace('<saml:Assertion xmlns:saml="urn:oasis', '<saml:Assertion xmlns:saml="urn:evil')),
    ],
    [
      'a response in another namespace',
      'no-response',
      finished(swap('xmlns:samlp="urn:oasis', 'xmlns:samlp="urn:evil')),
    ],
    [
      'an assertion of another namespace beside',
      'not-one-assertion',
      finished(swap('<samlp:Status>', '<Assertion xmlns="urn:evil"/><samlp:Status>')),
    ],
    [
      'another root',
      'no-response',
      finished(swap(/^<samlp:Response(.*)samlp:Response>$/s, '<samlp:ArtifactResponse$1samlp:ArtifactResponse>')),
    ],
    ['text between elements', 'bad-value', finished(swap('<samlp:Status>', 'x<samlp:Status>'))],
    [
      'two roots',
      'not-xml',
      finished(
        (xml) =>
          xml +
          xml
            .replaceAll(/ (ID)="(_\w+)"/g, ' $1="$2x"')
            .replace(assertionElement, '')
            .replace('<samlp:Status>', '<samlp:Status >'),
      ),
    ],
    ['an element that is not closed', 'not-xml', finished(swap('</samlp:Response>', ''))],
    ['a control character', 'not-xml', nameId('jane\u0001')],
    ['a next-line character, which some take for white space', 'not-xml', nameId('jane\u0085')],
    ['a byte order mark', 'not-xml', before('\ufeff')],
    [
      '10,000 levels',
      'too-deep',
      finished(swap('</samlp:Response>', `${'<a>'.repeat(10_000)}${'</a>'.repeat(10_000)}</samlp:Response>`)),
    ],
    [
      'a thousand attributes',
      'too-large',
      finished(
        swap('ID="_response"', `ID="_response" ${Array.from({ length: 1000 }, (_, at) => `a${at}="1"`).join(' ')}`),
      ),
    ],
    ['10 MB', 'too-large', nameId('x'.repeat(10_000_000))],
    [
      '2,000 roles',
      'too-large',
      provider.respondXml({
        now,
        attributes: [
          [
            'https://aws.amazon.com/SAML/Attributes/Role',
            Array.from(
              { length: 2000 },
              (_, at) => `arn:aws:iam::111122223333:role/r${at},arn:aws:iam::111122223333:saml-provider/p`,
            ),
          ],
        ],
      }),
    ],
  ]
  return rows.map(([name, rejected, xml]) => ({ name, rejected, xml }))
}

/** Truly signed, and not for us, not now, or not by the book. */
function claims(provider: SamlProviderForTests, now: Date): Attack[] {
  const respond = (choice: ResponseChoice) => provider.respondXml({ now, ...choice })
  const before = (change: Change) => respond({ beforeSigning: change })
  const confirmation = /<saml:SubjectConfirmation .*<\/saml:SubjectConfirmation>/
  const rows: [string, SamlRejection, string][] = [
    ['for another audience', 'audience', respond({ audiences: ['urn:other'] })],
    [
      'for an audience that begins like ours',
      'audience',
      respond({ audiences: ['urn:amazon:webservices.evil.example'] }),
    ],
    ['without Conditions', 'audience', before(swap(/<saml:Conditions.*<\/saml:Conditions>/, ''))],
    [
      'without an AudienceRestriction',
      'audience',
      before(swap(/<saml:AudienceRestriction>.*<\/saml:AudienceRestriction>/, '')),
    ],
    [
      'with a second restriction to another audience',
      'audience',
      before(
        swap(
          '</saml:Conditions>',
          '<saml:AudienceRestriction><saml:Audience>urn:other</saml:Audience></saml:AudienceRestriction></saml:Conditions>',
        ),
      ),
    ],
    [
      'with an unknown condition',
      'bad-value',
      before(swap('</saml:Conditions>', '<saml:Condition/></saml:Conditions>')),
    ],
    [
      'for another recipient',
      'recipient',
      respond({ recipient: 'https://other.example/saml', destination: undefined }),
    ],
    ['for another destination', 'destination', respond({ destination: 'https://other.example/saml' })],
    [
      'of another issuer',
      'issuer',
      before(swap('https://idp.example/saml</saml:Issuer>', 'https://idp.example/other</saml:Issuer>')),
    ],
    [
      'in a response of another issuer',
      'issuer',
      respond({ response: swap('https://idp.example/saml</saml:Issuer>', 'https://idp.example/other</saml:Issuer>') }),
    ],
    ['expired', 'expired', respond({ notOnOrAfter: seconds(now, -1) })],
    ['expired this instant', 'expired', respond({ notOnOrAfter: now })],
    [
      'with conditions that ended',
      'expired',
      before(swap(/(<saml:Conditions .*?NotOnOrAfter=")[^"]*/, `$1${seconds(now, -1).toISOString()}`)),
    ],
    ['with a session that ended', 'expired', respond({ sessionNotOnOrAfter: seconds(now, -1) })],
    ['not yet valid', 'not-yet', respond({ notBefore: seconds(now, 120) })],
    ['issued in the future', 'not-yet', respond({ issueInstant: seconds(now, 61) })],
    ['six minutes old', 'stale', respond({ issueInstant: seconds(now, -360) })],
    ['without a SubjectConfirmation', 'subject-confirmation', before(swap(confirmation, ''))],
    ['with two SubjectConfirmations', 'subject-confirmation', before(swap(confirmation, '$&$&'))],
    [
      'with a SubjectConfirmation of another method',
      'subject-confirmation',
      before(swap('cm:bearer', 'cm:holder-of-key')),
    ],
    [
      'without SubjectConfirmationData',
      'subject-confirmation',
      before(swap(/<saml:SubjectConfirmationData[^>]*>/, '')),
    ],
    ['without a Recipient', 'subject-confirmation', before(swap(/ Recipient="[^"]*"/, ''))],
    [
      'with a confirmation that does not end',
      'subject-confirmation',
      before(swap(/(<saml:SubjectConfirmationData) NotOnOrAfter="[^"]*"/, '$1')),
    ],
    [
      'with a confirmation that begins',
      'subject-confirmation',
      before(swap('<saml:SubjectConfirmationData', `<saml:SubjectConfirmationData NotBefore="${now.toISOString()}"`)),
    ],
    ['without a subject', 'subject', before(swap(/<saml:Subject>.*<\/saml:Subject>/, ''))],
    ['without a NameID', 'subject', before(swap(/<saml:NameID.*<\/saml:NameID>/, ''))],
    ['with an empty NameID', 'subject', respond({ nameId: '' })],
    ['with an element in the NameID', 'subject', before(swap('jane@example.com', 'jane<saml:x/>@example.com'))],
    ['with two NameIDs', 'subject', before(swap(/<saml:NameID.*<\/saml:NameID>/, '$&$&'))],
    ['of another version', 'bad-value', before(swap('Version="2.0"', 'Version="1.1"'))],
    ['with a time that has no zone', 'bad-value', before(swap(/IssueInstant="([^"]*)Z"/, 'IssueInstant="$1"'))],
    ['with a time of another zone', 'bad-value', before(swap(/IssueInstant="([^"]*)Z"/, 'IssueInstant="$1+09:00"'))],
    [
      'with a day that is none',
      'bad-value',
      before(swap(/IssueInstant="[^"]*"/, 'IssueInstant="2026-02-30T00:00:00Z"')),
    ],
    [
      'with an encrypted attribute',
      'bad-value',
      before(swap('</saml:AttributeStatement>', '<saml:EncryptedAttribute/></saml:AttributeStatement>')),
    ],
    ['with an element in an attribute’s value', 'bad-value', before(swap('>jane<', '><saml:x/>jane<'))],
    [
      'that answers another request than its response',
      'bad-value',
      respond({ inResponseTo: '_mine', response: swap('InResponseTo="_mine"', 'InResponseTo="_yours"') }),
    ],
    ['with a status that is no success', 'status', respond({ status: 'urn:oasis:names:tc:SAML:2.0:status:Responder' })],
    ['without a status', 'status', respond({ response: swap(/<samlp:Status>.*<\/samlp:Status>/, '') })],
    [
      'with a status and no assertion',
      'status',
      respond({ status: 'urn:oasis:names:tc:SAML:2.0:status:Responder', response: swap(assertionElement, '') }),
    ],
    ['without an assertion', 'not-one-assertion', respond({ response: swap(assertionElement, '') })],
  ]
  return rows.map(([name, rejected, xml]) => ({ name, rejected, xml }))
}

/** What is wrong with an encrypted assertion: nothing but `decryption` is ever said of what is inside. */
function encrypted(provider: SamlProviderForTests, now: Date, own: KeyObject, retired: KeyObject): Attack[] {
  const respond = (choice: ResponseChoice) => provider.respondXml({ now, encryptFor: own, ...choice })
  const e = namespaces.encryption
  const gcm = `${namespaces.encryption11}aes256-gcm`
  const cbc = `${e}aes256-cbc`
  const flip = (at: number) => (bytes: Buffer) => {
    bytes[at < 0 ? bytes.length + at : at] = (bytes.at(at) ?? 0) ^ 1
    return bytes
  }
  const rows: [string, SamlRejection, string][] = [
    ['for a retired key', 'decryption', respond({ encryptFor: retired })],
    ['and not signed inside', 'decryption', respond({ signs: 'none' })],
    ['and signed outside alone', 'decryption', respond({ signs: 'response' })],
    ['and signed inside by another key', 'decryption', respond({ signature: { keys: newSamlKeys() } })],
    [
      'and changed after it was signed',
      'decryption',
      respond({ afterSigning: swap('jane@example.com', 'admin@example.com') }),
    ],
    ['with a document type inside', 'decryption', respond({ afterSigning: (xml) => `<!DOCTYPE x>${xml}` })],
    ['with a comment inside', 'decryption', respond({ afterSigning: swap('jane@', 'jane<!-- -->@') })],
    ['with no XML inside', 'decryption', respond({ afterSigning: () => 'jane' })],
    [
      'with a text that leaves its surroundings',
      'decryption',
      respond({ afterSigning: (xml) => `</context>${xml}<context>` }),
    ],
    ['with an element beside it', 'decryption', respond({ afterSigning: (xml) => `<x/>${xml}` })],
    ['with another element inside', 'decryption', respond({ afterSigning: (xml) => `<x>${xml}</x>` })],
    [
      'with another encrypted one inside',
      'decryption',
      respond({ afterSigning: () => cut(respond({}), /<saml:EncryptedAssertion.*<\/saml:EncryptedAssertion>/) }),
    ],
    ['by AES-GCM with a changed tag', 'decryption', respond({ contentEncryption: gcm, ciphertext: flip(-1) })],
    ['by AES-GCM with a changed text', 'decryption', respond({ contentEncryption: gcm, ciphertext: flip(40) })],
    [
      'by AES-GCM with a tag of four bytes',
      'decryption',
      respond({ contentEncryption: gcm, ciphertext: (bytes) => bytes.subarray(0, bytes.length - 12) }),
    ],
    [
      'by AES-GCM without a tag',
      'decryption',
      respond({ contentEncryption: gcm, ciphertext: (bytes) => bytes.subarray(0, bytes.length - 16) }),
    ],
    ['by AES-GCM with nothing', 'decryption', respond({ contentEncryption: gcm, ciphertext: () => Buffer.alloc(1) })],
    ['by AES-CBC with a changed text', 'decryption', respond({ contentEncryption: cbc, ciphertext: flip(200) })],
    ['by AES-CBC with a changed padding', 'decryption', respond({ contentEncryption: cbc, ciphertext: flip(-17) })],
    [
      'by AES-CBC cut short',
      'decryption',
      respond({ contentEncryption: cbc, ciphertext: (bytes) => bytes.subarray(0, 48) }),
    ],
    [
      'by AES-CBC with no block',
      'decryption',
      respond({ contentEncryption: cbc, ciphertext: (bytes) => bytes.subarray(0, 20) }),
    ],
    ['by another cipher', 'decryption', respond({ contentEncryption: `${e}tripledes-cbc` })],
    ['with the key by RSA 1.5', 'decryption', respond({ keyTransport: `${e}rsa-1_5` })],
    [
      'with a key of another length',
      'decryption',
      respond({
        finished: (xml) =>
          xml.replace(/(<xenc:EncryptedKey.*<xenc:CipherValue>)[^<]*/, (_, head: string) => head + wrapped(own)),
      }),
    ],
    [
      'with an EncryptedKey too many',
      'decryption',
      respond({ finished: swap(/<xenc:EncryptedKey.*<\/xenc:EncryptedKey>/, '$&$&$&') }),
    ],
    [
      'beside a plain one',
      'not-one-assertion',
      respond({
        response: (xml) =>
          swap('</samlp:Response>', `${cut(provider.respondXml({ now }), assertionElement)}</samlp:Response>`)(xml),
      }),
    ],
    [
      'twice',
      'not-one-assertion',
      respond({ response: swap(/<saml:EncryptedAssertion.*<\/saml:EncryptedAssertion>/, '$&$&') }),
    ],
    [
      'in a response whose signature is wrong',
      'digest',
      respond({ signs: 'both', finished: swap('Version="2.0"', 'Version="2.0" Consent="x"') }),
    ],
  ]
  return rows.map(([name, rejected, xml]) => ({ name: `encrypted ${name}`, rejected, xml }))
}

const wrapped = (key: KeyObject) =>
  publicEncrypt({ key, padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: 'sha1' }, Buffer.alloc(8)).toString(
    'base64',
  )

export interface AttackSetting {
  readonly provider: SamlProviderForTests
  readonly now: Date
  /** Public keys: one of the provider record's, and one that was. */
  readonly own: KeyObject
  readonly retired: KeyObject
}

export function attacks({ provider, now, own, retired }: AttackSetting): readonly Attack[] {
  return [
    ...wrappings(provider, now),
    ...signatures(provider, now),
    ...differentials(provider, now),
    ...claims(provider, now),
    ...encrypted(provider, now, own, retired),
    {
      name: 'not encrypted where it must be',
      rejected: 'not-encrypted',
      xml: provider.respondXml({ now }),
      expected: { encryption: 'Required' },
    },
    {
      name: 'encrypted for a provider without keys',
      rejected: 'encrypted',
      xml: provider.respondXml({ now, encryptFor: own }),
      expected: { decryptionKeys: [] },
    },
    {
      name: 'unsigned where the response’s signature would do',
      rejected: 'unsigned',
      xml: provider.respondXml({ now, signs: 'none' }),
      expected: { allowsResponseSignature: true },
    },
  ]
}
