// Differences between parsers.
import type { SamlRejection } from '../../model.ts'
import type { SamlProviderForTests } from '../idp.ts'
import { type Attack, assertionElement, type Change, swap } from './attack.ts'

/** Texts of which two parsers make two things. */
export function differentials(provider: SamlProviderForTests, now: Date): Attack[] {
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
    [
      'a namespace that canonical form writes out a thousand times',
      'too-large',
      finished(
        swap('</samlp:Response>', `<a xmlns:p="urn:${'p'.repeat(9000)}">${'<p:a/>'.repeat(1000)}</a></samlp:Response>`),
      ),
    ],
    [
      'ten thousand elements',
      'too-large',
      finished(swap('</samlp:Response>', `${'<a/>'.repeat(10_000)}</samlp:Response>`)),
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
