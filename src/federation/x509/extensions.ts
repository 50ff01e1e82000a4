// The extensions of a certificate that decide something here (RFC 5280 4.2). One that is critical and not among them makes every path
// through the certificate invalid.
import { AsnConvert } from '@peculiar/asn1-schema'
import {
  BasicConstraints,
  NameConstraints as DecodedConstraints,
  ExtendedKeyUsage,
  type Extension,
  KeyUsage,
  SubjectAlternativeName,
} from '@peculiar/asn1-x509'
import { type GeneralNames, readGeneralNames } from './alternative-names.ts'
import { isDer } from './der.ts'
import { type NameConstraints, readNameConstraints } from './name-constraints.ts'

export type Usage = ReturnType<KeyUsage['toJSON']>[number]

export interface Extensions {
  /** It says that its subject is an authority. */
  readonly isAuthority: boolean
  /** How many authorities may stand between it and the end of a path; undefined where it does not say. */
  readonly pathLength: number | undefined
  /** Undefined where it does not say. */
  readonly usages: readonly Usage[] | undefined
  /** Object identifiers; undefined where it does not say. */
  readonly extendedUsages: readonly string[] | undefined
  readonly alternativeNames: GeneralNames
  readonly nameConstraints: NameConstraints | undefined
  /** Object identifiers of critical extensions that nothing here reads. */
  readonly unknownCritical: readonly string[]
}

const bounds = { bytes: 16_384, elements: 1_000 }

type Draft = { -readonly [K in keyof Extensions]: Extensions[K] }

/** By object identifier: what it adds. Each throws for what it cannot read. */
const readers: Readonly<Record<string, (draft: Draft, value: Buffer) => void>> = {
  '2.5.29.19'(draft, value) {
    const { cA, pathLenConstraint } = AsnConvert.parse(value, BasicConstraints)
    if (pathLenConstraint !== undefined && !(Number.isSafeInteger(pathLenConstraint) && pathLenConstraint >= 0)) {
      throw new TypeError('no path length')
    }
    draft.isAuthority = cA
    draft.pathLength = pathLenConstraint
  },
  '2.5.29.15'(draft, value) {
    draft.usages = AsnConvert.parse(value, KeyUsage).toJSON()
  },
  '2.5.29.37'(draft, value) {
    draft.extendedUsages = [...AsnConvert.parse(value, ExtendedKeyUsage)]
  },
  '2.5.29.17'(draft, value) {
    draft.alternativeNames = readGeneralNames(AsnConvert.parse(value, SubjectAlternativeName))
  },
  '2.5.29.30'(draft, value) {
    draft.nameConstraints = readNameConstraints(AsnConvert.parse(value, DecodedConstraints))
  },
  // Identifiers of keys: signatures say more.
  '2.5.29.14': () => {},
  '2.5.29.35': () => {},
}

/** Undefined if one cannot be read, or stands twice. */
export function readExtensions(extensions: readonly Extension[]): Extensions | undefined {
  const unknownCritical: string[] = []
  const draft: Draft = {
    ...{ isAuthority: false, pathLength: undefined, usages: undefined, extendedUsages: undefined },
    alternativeNames: { dns: [], uri: [], email: [], directory: [], isOther: false },
    nameConstraints: undefined,
    unknownCritical,
  }
  const seen = new Set<string>()
  for (const { extnID, critical, extnValue } of extensions) {
    if (seen.has(extnID)) return undefined
    seen.add(extnID)
    const reader = Object.hasOwn(readers, extnID) ? readers[extnID] : undefined
    if (reader === undefined) {
      if (critical) unknownCritical.push(extnID)
      continue
    }
    const value = Buffer.from(extnValue.buffer)
    if (!isDer(value, bounds)) return undefined
    reader(draft, value)
  }
  return draft
}
