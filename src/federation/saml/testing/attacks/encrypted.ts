// Encrypted assertions.
import { constants, type KeyObject, publicEncrypt } from 'node:crypto'
import type { SamlRejection } from '../../model.ts'
import { namespaces } from '../../names.ts'
import { newSamlKeys, type ResponseChoice, type SamlProviderForTests } from '../idp.ts'
import { type Attack, assertionElement, cut, swap } from './attack.ts'

/** What is wrong with an encrypted assertion: nothing but `decryption` is ever said of what is inside. */
export function encrypted(provider: SamlProviderForTests, now: Date, own: KeyObject, retired: KeyObject): Attack[] {
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
