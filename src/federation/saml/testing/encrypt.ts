// Encrypts an assertion as providers do: XML Encryption with AES and RSA-OAEP, and the forms that are refused.
import { constants, createCipheriv, type KeyObject, publicEncrypt, randomBytes } from 'node:crypto'
import { encryptedElement, namespaces } from '../names.ts'

export interface EncryptionChoice {
  readonly encryptFor: KeyObject
  readonly contentEncryption?: string
  readonly keyTransport?: string
  /** Hash of OAEP: its DigestMethod, and its MGF where the algorithm names one. */
  readonly oaepHash?: 'sha1' | 'sha256'
  readonly encryptedKey?: 'inside' | 'beside'
  /** Changes what was encrypted: initialisation vector, ciphertext, tag. */
  readonly ciphertext?: (bytes: Buffer) => Buffer
}

const e = namespaces.encryption
const e11 = namespaces.encryption11
const ciphers: Readonly<Record<string, { readonly name: string; readonly key: number }>> = {
  [`${e}aes128-cbc`]: { name: 'aes-128-cbc', key: 16 },
  [`${e}aes192-cbc`]: { name: 'aes-192-cbc', key: 24 },
  [`${e}aes256-cbc`]: { name: 'aes-256-cbc', key: 32 },
  [`${e11}aes128-gcm`]: { name: 'aes-128-gcm', key: 16 },
  [`${e11}aes192-gcm`]: { name: 'aes-192-gcm', key: 24 },
  [`${e11}aes256-gcm`]: { name: 'aes-256-gcm', key: 32 },
}

export function encryptedAssertion(xml: string, choice: EncryptionChoice): string {
  const {
    contentEncryption = `${e11}aes256-gcm`,
    keyTransport = `${e}rsa-oaep-mgf1p`,
    oaepHash = 'sha1',
    ciphertext,
  } = choice
  const cipher = ciphers[contentEncryption] ?? { name: 'aes-256-cbc', key: 32 }
  const key = randomBytes(cipher.key)
  const bytes = cipher.name.endsWith('gcm') ? inGcm(cipher.name, key, xml) : inCbc(cipher.name, key, xml)
  const wrapped = wrap(key, choice.encryptFor, keyTransport, oaepHash)
  const digest = { sha1: `${namespaces.signature}sha1`, sha256: `${e}sha256` }[oaepHash]
  const mask =
    keyTransport === `${e11}rsa-oaep` ? `<xenc11:MGF xmlns:xenc11="${e11}" Algorithm="${e11}mgf1${oaepHash}"/>` : ''
  const encryptedKey =
    `<xenc:EncryptedKey xmlns:xenc="${e}"><xenc:EncryptionMethod Algorithm="${keyTransport}">` +
    `<ds:DigestMethod xmlns:ds="${namespaces.signature}" Algorithm="${digest}"/>${mask}</xenc:EncryptionMethod>` +
    `<xenc:CipherData><xenc:CipherValue>${wrapped.toString('base64')}</xenc:CipherValue></xenc:CipherData></xenc:EncryptedKey>`
  const keyInfo =
    choice.encryptedKey === 'beside'
      ? ''
      : `<ds:KeyInfo xmlns:ds="${namespaces.signature}">${encryptedKey}</ds:KeyInfo>`
  return (
    `<saml:EncryptedAssertion xmlns:saml="${namespaces.assertion}"><xenc:EncryptedData xmlns:xenc="${e}" Type="${encryptedElement}">` +
    `<xenc:EncryptionMethod Algorithm="${contentEncryption}"/>${keyInfo}<xenc:CipherData><xenc:CipherValue>` +
    `${(ciphertext?.(bytes) ?? bytes).toString('base64')}</xenc:CipherValue></xenc:CipherData></xenc:EncryptedData>` +
    `${choice.encryptedKey === 'beside' ? encryptedKey : ''}</saml:EncryptedAssertion>`
  )
}

function inGcm(name: string, key: Buffer, xml: string): Buffer {
  const iv = randomBytes(12)
  const cipher = createCipheriv(name as 'aes-256-gcm', key, iv)
  return Buffer.concat([iv, cipher.update(xml), cipher.final(), cipher.getAuthTag()])
}

/** Padding as XML Encryption 5.2 has it: the last byte alone says how much. */
function inCbc(name: string, key: Buffer, xml: string): Buffer {
  const iv = randomBytes(16)
  const text = Buffer.from(xml)
  const padding = randomBytes(16 - (text.length % 16))
  padding[padding.length - 1] = padding.length
  const cipher = createCipheriv(name, key, iv).setAutoPadding(false)
  return Buffer.concat([iv, cipher.update(Buffer.concat([text, padding])), cipher.final()])
}

function wrap(content: Buffer, key: KeyObject, transport: string, oaepHash: string): Buffer {
  if (transport.endsWith('rsa-1_5')) return publicEncrypt({ key, padding: constants.RSA_PKCS1_PADDING }, content)
  return publicEncrypt({ key, padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash }, content)
}
