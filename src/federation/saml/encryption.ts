// An encrypted assertion is opened: XML Encryption 1.1 with AES and RSA-OAEP. RSA 1.5 is not there at all.
//
// INVARIANT: nobody learns which step failed. A key that does not unwrap is replaced by a random one and everything after it is
// done all the same; whoever calls gives one answer for this and for all that follows up to the signature inside.
import { constants, createDecipheriv, type KeyObject, privateDecrypt, randomBytes } from 'node:crypto'
import { base64Bytes } from '../../core/base64.ts'
import type { CanonicalElement } from './canonical.ts'
import { encryptedElement, namespaces } from './names.ts'

const e = namespaces.encryption
const e11 = namespaces.encryption11

interface ContentCipher {
  readonly name: string
  readonly keyBytes: number
  readonly authenticated: boolean
}
const cbc = (bits: number): ContentCipher => ({ name: `aes-${bits}-cbc`, keyBytes: bits / 8, authenticated: false })
const gcm = (bits: number): ContentCipher => ({ name: `aes-${bits}-gcm`, keyBytes: bits / 8, authenticated: true })
const contentCiphers: ReadonlyMap<string, ContentCipher> = new Map([
  ...([128, 192, 256] as const).map((bits) => [`${e}aes${bits}-cbc`, cbc(bits)] as const),
  ...([128, 192, 256] as const).map((bits) => [`${e11}aes${bits}-gcm`, gcm(bits)] as const),
])

const oaepHashes: ReadonlyMap<string, string> = new Map([
  [`${namespaces.signature}sha1`, 'sha1'],
  [`${e}sha256`, 'sha256'],
])
const maskHashes: ReadonlyMap<string, string> = new Map([
  [`${e11}mgf1sha1`, 'sha1'],
  [`${e11}mgf1sha256`, 'sha256'],
])

/** A provider that knows two keys of ours may wrap for each. */
const mostWrappedKeys = 2

interface WrappedKey {
  readonly bytes: Buffer
  readonly oaepHash: string
  readonly label: Buffer | undefined
}

/** Every text that comes out: one for each wrapped key and each private key. Which of them is signed, the caller finds out. */
export function decryptAssertion(encrypted: CanonicalElement, keys: readonly KeyObject[]): readonly Buffer[] {
  const [data, ...beside] = encrypted.children
  const cipher = contentCiphers.get(algorithmOf(data) ?? '')
  const ciphertext = data && cipherValue(data)
  const type = data?.attributes.get('Type')
  if (data?.local !== 'EncryptedData' || data.namespace !== e || (type !== undefined && type !== encryptedElement))
    return []
  const inside = data.children.filter(({ local }) => local === 'KeyInfo').flatMap(({ children }) => children)
  const wrapped = [...inside, ...beside]
    .filter(({ local, namespace }) => local === 'EncryptedKey' && namespace === e)
    .map(readWrappedKey)
  if (cipher === undefined || ciphertext === undefined || wrapped.length > mostWrappedKeys) return []
  return wrapped.flatMap((each) =>
    each === undefined ? [] : keys.map((key) => openContent(cipher, unwrap(each, key, cipher.keyBytes), ciphertext)),
  )
}

const child = (element: CanonicalElement | undefined, local: string, namespace: string = e) => {
  const [found, ...more] =
    element?.children.filter((each) => each.local === local && each.namespace === namespace) ?? []
  return more.length === 0 ? found : undefined
}
const algorithmOf = (element: CanonicalElement | undefined) =>
  child(element, 'EncryptionMethod')?.attributes.get('Algorithm')

function cipherValue(element: CanonicalElement): Buffer | undefined {
  const value = child(child(element, 'CipherData'), 'CipherValue')
  return value?.children.length === 0 ? base64Bytes((value.text ?? '').replace(/[ \t\r\n]/g, '')) : undefined
}

/** XML Encryption 5.5.2: rsa-oaep-mgf1p masks with SHA-1 always; rsa-oaep says by what. */
function readWrappedKey(element: CanonicalElement): WrappedKey | undefined {
  const method = child(element, 'EncryptionMethod')
  const algorithm = method?.attributes.get('Algorithm')
  const bytes = cipherValue(element)
  const digest =
    child(method, 'DigestMethod', namespaces.signature)?.attributes.get('Algorithm') ?? `${namespaces.signature}sha1`
  const mask = child(method, 'MGF', e11)?.attributes.get('Algorithm') ?? `${e11}mgf1sha1`
  const oaepHash = oaepHashes.get(digest)
  const maskHash = algorithm === `${e11}rsa-oaep` ? maskHashes.get(mask) : 'sha1'
  if (algorithm !== `${e11}rsa-oaep` && algorithm !== `${e}rsa-oaep-mgf1p`) return undefined
  const parameters = child(method, 'OAEPparams')?.text
  const label = parameters === undefined ? undefined : base64Bytes(parameters.trim())
  if (bytes === undefined || oaepHash === undefined || oaepHash !== maskHash) return undefined
  return { bytes, oaepHash, label }
}

/** A random key of the right length in place of one that does not unwrap. */
function unwrap({ bytes, oaepHash, label }: WrappedKey, key: KeyObject, length: number): Buffer {
  const instead = randomBytes(length)
  try {
    const padding = constants.RSA_PKCS1_OAEP_PADDING
    const content = privateDecrypt({ key, padding, oaepHash, ...(label && { oaepLabel: label }) }, bytes)
    return content.length === length ? content : instead
  } catch {
    return instead
  }
}

/** Nothing where it does not open. */
function openContent(cipher: ContentCipher, key: Buffer, bytes: Buffer): Buffer {
  try {
    return cipher.authenticated ? openAuthenticated(cipher, key, bytes) : openChained(cipher, key, bytes)
  } catch {
    return Buffer.alloc(0)
  }
}

/** 96 bits of initialisation vector in front, 128 of tag behind: a shorter tag is not known. */
function openAuthenticated({ name }: ContentCipher, key: Buffer, bytes: Buffer): Buffer {
  const decipher = createDecipheriv(name as 'aes-256-gcm', key, bytes.subarray(0, 12), { authTagLength: 16 })
  decipher.setAuthTag(bytes.subarray(bytes.length - 16))
  return Buffer.concat([decipher.update(bytes.subarray(12, Math.max(12, bytes.length - 16))), decipher.final()])
}

/** XML Encryption 5.2: the last byte says how many bytes were added. */
function openChained({ name }: ContentCipher, key: Buffer, bytes: Buffer): Buffer {
  const decipher = createDecipheriv(name, key, bytes.subarray(0, 16)).setAutoPadding(false)
  const padded = Buffer.concat([decipher.update(bytes.subarray(16)), decipher.final()])
  const added = padded[padded.length - 1] ?? 0
  return added >= 1 && added <= 16 ? padded.subarray(0, padded.length - added) : Buffer.alloc(0)
}
