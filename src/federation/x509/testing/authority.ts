// An authority of certificates for tests: it issues whatever it is told to, sound or not.
import { generateKeyPairSync, type KeyObject, sign } from 'node:crypto'
import { AsnConvert, OctetString } from '@peculiar/asn1-schema'
import {
  AlgorithmIdentifier,
  AttributeTypeAndValue,
  AttributeValue,
  BasicConstraints,
  Certificate,
  CertificateList,
  ExtendedKeyUsage,
  Extension,
  Extensions,
  GeneralName,
  KeyUsage,
  KeyUsageFlags,
  Name,
  RelativeDistinguishedName,
  RevokedCertificate,
  SubjectAlternativeName,
  SubjectPublicKeyInfo,
  TBSCertificate,
  TBSCertList,
  Time,
  Validity,
} from '@peculiar/asn1-x509'
import { writePem } from '../../../core/pem.ts'

const types: Readonly<Record<string, string>> = {
  CN: '2.5.4.3',
  C: '2.5.4.6',
  O: '2.5.4.10',
  OU: '2.5.4.11',
  email: '1.2.840.113549.1.9.1',
}

/**
 * Attributes in order, `CN=…`; several of one relative name in an array. The text after the first `=` is the value, as it is; with `teletex `
 * before its name, it is a TeletexString.
 */
export type SubjectText = readonly (string | readonly string[])[]

export function nameOf(subject: SubjectText): Name {
  const attribute = (text: string) => {
    const [, old, type = '', value = ''] = /^(teletex )?([^=]*)=?(.*)$/s.exec(text) ?? []
    const of = old === undefined ? { utf8String: value } : { teletexString: value }
    return new AttributeTypeAndValue({ type: types[type] ?? type, value: new AttributeValue(of) })
  }
  return new Name(subject.map((relative) => new RelativeDistinguishedName([relative].flat().map(attribute))))
}

export type Keys = { readonly publicKey: KeyObject; readonly privateKey: KeyObject }
export const ecKeys = (namedCurve = 'P-256'): Keys => generateKeyPairSync('ec', { namedCurve })
export const rsaKeys = (modulusLength = 2048): Keys => generateKeyPairSync('rsa', { modulusLength })

export interface Issue {
  readonly subject: SubjectText
  readonly keys?: Keys
  readonly serial?: bigint
  readonly from?: Date
  readonly until?: Date
  readonly version?: number
  /** Basic constraints; null for none. By default those of a workload: `cA` false. */
  readonly authority?: { readonly pathLength?: number } | 'no' | null
  readonly usages?: readonly (keyof typeof KeyUsageFlags)[] | null
  readonly extendedUsages?: readonly string[]
  readonly names?: readonly ConstructorParameters<typeof GeneralName>[0][]
  /** More of them, as they are. */
  readonly extensions?: readonly Extension[]
  readonly digest?: 'sha1' | 'sha256' | 'sha384'
}

export interface Issued {
  readonly der: Buffer
  readonly pem: string
  readonly serial: bigint
  readonly keys: Keys
}

export interface Authority extends Issued {
  readonly issue: (what: Issue) => Issued
  /** An authority below this one. */
  readonly authority: (what: Issue) => Authority
  readonly revoke: (serials: readonly bigint[], how?: ListOptions) => { readonly der: Buffer; readonly pem: string }
}

export interface ListOptions {
  readonly thisUpdate?: Date
  readonly nextUpdate?: Date | null
  readonly extensions?: readonly Extension[]
  readonly entryExtensions?: readonly Extension[]
  /** Signed by this key instead. */
  readonly by?: Keys
}

export const testFrom = new Date('2026-01-01T00:00:00Z')
export const testUntil = new Date('2036-01-01T00:00:00Z')

const algorithmIds: Readonly<Record<string, string>> = {
  'rsa sha1': '1.2.840.113549.1.1.5',
  'rsa sha256': '1.2.840.113549.1.1.11',
  'rsa sha384': '1.2.840.113549.1.1.12',
  'ec sha1': '1.2.840.10045.4.1',
  'ec sha256': '1.2.840.10045.4.3.2',
  'ec sha384': '1.2.840.10045.4.3.3',
}

const algorithmOf = (key: KeyObject, digest: string) =>
  new AlgorithmIdentifier({
    algorithm: algorithmIds[`${key.asymmetricKeyType} ${digest}`] ?? '',
    ...(key.asymmetricKeyType === 'rsa' ? { parameters: new Uint8Array([5, 0]).buffer } : {}),
  })

export const bytesOf = (value: unknown): Buffer => Buffer.from(AsnConvert.serialize(value))

export const extension = (extnID: string, value: unknown, critical = false): Extension =>
  new Extension({ extnID, critical, extnValue: new OctetString(AsnConvert.serialize(value)) })

export const pemOf = (der: Buffer, label = 'CERTIFICATE') => writePem(der, label)

/** A whole number's content in distinguished encoding. */
function integer(value: bigint): ArrayBuffer {
  const hex = value.toString(16)
  const even = hex.length % 2 === 0 ? hex : `0${hex}`
  return new Uint8Array(Buffer.from(/^[89a-f]/.test(even) ? `00${even}` : even, 'hex')).buffer
}

let lastSerial = 0x1000n

function issue(issuer: { readonly name: Name; readonly keys: Keys } | undefined, what: Issue): Issued {
  const { keys = ecKeys(), serial = ++lastSerial, digest = 'sha256', authority = 'no' } = what
  const subject = nameOf(what.subject)
  const signer = issuer?.keys ?? keys
  const algorithm = algorithmOf(signer.privateKey, digest)
  const body = new TBSCertificate({
    version: (what.version ?? 3) - 1,
    serialNumber: integer(serial),
    signature: algorithm,
    issuer: issuer?.name ?? subject,
    validity: new Validity({ notBefore: what.from ?? testFrom, notAfter: what.until ?? testUntil }),
    subject,
    subjectPublicKeyInfo: AsnConvert.parse(
      keys.publicKey.export({ format: 'der', type: 'spki' }),
      SubjectPublicKeyInfo,
    ),
    ...((what.version ?? 3) < 3 ? {} : { extensions: new Extensions(extensionsOf(what, authority)) }),
  })
  const signed = bytesOf(body)
  const der = bytesOf(
    new Certificate({
      tbsCertificate: body,
      tbsCertificateRaw: new Uint8Array(signed).buffer,
      signatureAlgorithm: algorithm,
      signatureValue: new Uint8Array(sign(digest, signed, signer.privateKey)).buffer,
    }),
  )
  return { der, pem: pemOf(der), serial, keys }
}

function extensionsOf(what: Issue, authority: NonNullable<Issue['authority']> | null): Extension[] {
  const { usages = authority === 'no' || authority === null ? ['digitalSignature'] : ['keyCertSign', 'cRLSign'] } = what
  const all: Extension[] = []
  if (authority !== null) {
    const constraints =
      authority === 'no'
        ? new BasicConstraints({ cA: false })
        : new BasicConstraints({
            cA: true,
            ...(authority.pathLength === undefined ? {} : { pathLenConstraint: authority.pathLength }),
          })
    all.push(extension('2.5.29.19', constraints, true))
  }
  if (usages !== null) {
    const flags = usages.reduce((sum, usage) => sum | (KeyUsageFlags[usage] as number), 0)
    all.push(extension('2.5.29.15', new KeyUsage(flags), true))
  }
  if (what.extendedUsages) all.push(extension('2.5.29.37', new ExtendedKeyUsage([...what.extendedUsages])))
  if (what.names)
    all.push(extension('2.5.29.17', new SubjectAlternativeName(what.names.map((name) => new GeneralName(name)))))
  return [...all, ...(what.extensions ?? [])]
}

function authorityOf(issued: Issued, subject: SubjectText): Authority {
  const issuer = { name: nameOf(subject), keys: issued.keys }
  return {
    ...issued,
    issue: (what) => issue(issuer, what),
    authority: (what) => authorityOf(issue(issuer, { authority: {}, ...what }), what.subject),
    revoke: (serials, how = {}) => revoke(issuer, serials, how),
  }
}

/** An authority that issued itself. */
export const rootAuthority = (what: Issue): Authority =>
  authorityOf(issue(undefined, { authority: {}, ...what }), what.subject)

function revoke(issuer: { readonly name: Name; readonly keys: Keys }, serials: readonly bigint[], how: ListOptions) {
  const { thisUpdate = testFrom, nextUpdate = testUntil, extensions, entryExtensions } = how
  const signer = how.by ?? issuer.keys
  const algorithm = algorithmOf(signer.privateKey, 'sha256')
  const list = new TBSCertList({
    version: 1,
    signature: algorithm,
    issuer: issuer.name,
    thisUpdate: new Time(thisUpdate),
    ...(nextUpdate === null ? {} : { nextUpdate: new Time(nextUpdate) }),
    ...(serials.length === 0
      ? {}
      : {
          revokedCertificates: serials.map(
            (serial) =>
              new RevokedCertificate({
                userCertificate: integer(serial),
                revocationDate: new Time(thisUpdate),
                ...(entryExtensions === undefined ? {} : { crlEntryExtensions: [...entryExtensions] }),
              }),
          ),
        }),
    ...(extensions === undefined ? {} : { crlExtensions: [...extensions] }),
  })
  const signed = bytesOf(list)
  const der = bytesOf(
    new CertificateList({
      tbsCertList: list,
      signatureAlgorithm: algorithm,
      signature: new Uint8Array(sign('sha256', signed, signer.privateKey)).buffer,
    }),
  )
  return { der, pem: pemOf(der, 'X509 CRL') }
}
