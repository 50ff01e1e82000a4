// Signatures that are no proof.
import { createHmac } from 'node:crypto'
import type { SamlRejection } from '../../model.ts'
import { namespaces } from '../../names.ts'
import { newSamlKeys, type ResponseChoice, type SamlKeys, type SamlProviderForTests } from '../idp.ts'
import { type Attack, type Change, cut, signatureElement, swap } from './attack.ts'

/** A signature that is no proof, or one that is made or placed in another way than the one that counts. */
export function signatures(provider: SamlProviderForTests, now: Date): Attack[] {
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
          `<ec:InclusiveNamespaces xmlns:ec="${namespaces.exclusive}" PrefixList="ds"></ec:InclusiveNamespaces>` +
            '</ds:CanonicalizationMethod>',
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
