// What the sign-in endpoint is known by to SAML providers: one key of the installation, which signs its requests (SAML bindings
// 3.4.4.1), and the secret that ties a request to the browser that began it. Every node has the same.
// INVARIANT: the key is made once and stays: providers have its certificate from our metadata, and nobody tells them of another.
import { createPrivateKey, generateKeyPair, type KeyObject } from 'node:crypto'
import { promisify } from 'node:util'
import { HmacKey } from '../../core/hmac.ts'
import { selfSignedCertificate } from '../../federation/saml/self-signed.ts'
import { type Collection, Conflict } from '../../store/store.ts'
import type { Parts } from '../parts.ts'

interface OwnKeyRecord {
  readonly account: 'system'
  readonly id: 'sign-in'
  /** PEM, with the public key. */
  readonly certificate: string
  /** The private key and the secret, sealed to (system, this record, 'keys'). */
  readonly sealed: string
}

export const samlOwnKeys: Collection<OwnKeyRecord> = {
  name: 'saml_own_key',
  key: (r) => [r.account, r.id],
  indexes: {},
  shape: 1,
  upgrade: (old) => old as OwnKeyRecord,
}

export interface OwnKeys {
  readonly key: KeyObject
  /** PEM. */
  readonly certificate: string
  /** Of texts that begin with what they are for. */
  readonly mac: HmacKey
}

const generate = promisify(generateKeyPair)
const place = ['system', 'sign-in'] as const
/** Nobody looks at it: the certificate is how metadata spells a key. */
const notAfter = new Date('2049-12-31T00:00:00Z')

/** The keys, made at the first use of the installation. */
export function createOwnKeys({ store, vault, random }: Pick<Parts, 'store' | 'vault' | 'random'>) {
  let known: Promise<OwnKeys> | undefined

  const open = ({ certificate, sealed }: OwnKeyRecord): OwnKeys => {
    const { key, secret } = JSON.parse(vault.open(...place, 'keys', sealed)) as { key: string; secret: string }
    return { certificate, key: createPrivateKey(key), mac: new HmacKey(Buffer.from(secret, 'base64url')) }
  }

  async function make(now: Date): Promise<OwnKeyRecord> {
    const { privateKey } = await generate('rsa', { modulusLength: 2048 })
    const certificate = selfSignedCertificate({
      ...{ key: privateKey, commonName: 'Hallpass sign-in', notBefore: now, notAfter, serial: random(8) },
    })
    const key = privateKey.export({ type: 'pkcs8', format: 'pem' })
    const secret = random(32).toString('base64url')
    const sealed = vault.seal(...place, 'keys', JSON.stringify({ key, secret }))
    return { account: 'system', id: 'sign-in', certificate, sealed }
  }

  async function load(now: Date): Promise<OwnKeys> {
    const there = await store.get(samlOwnKeys, place)
    if (there !== undefined) return open(there)
    const made = await make(now)
    try {
      await store.transact((tx) => tx.create(samlOwnKeys, made))
      return open(made)
    } catch (error) {
      const others = error instanceof Conflict ? await store.get(samlOwnKeys, place) : undefined
      if (others === undefined) throw error
      return open(others)
    }
  }

  return (now: Date): Promise<OwnKeys> => {
    known ??= load(now).catch((error: unknown) => {
      known = undefined
      throw error
    })
    return known
  }
}
