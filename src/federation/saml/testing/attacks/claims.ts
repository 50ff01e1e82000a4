// Honest signatures over what does not count here and now.
import type { SamlRejection } from '../../model.ts'
import { type ResponseChoice, type SamlProviderForTests, seconds } from '../idp.ts'
import { type Attack, assertionElement, type Change, swap } from './attack.ts'

/** Truly signed, and not for us, not now, or not by the book. */
export function claims(provider: SamlProviderForTests, now: Date): Attack[] {
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
