// The extensions of a certificate that decide something here (RFC 5280 4.2). One that is critical and not among them makes every path
// through the certificate invalid.
import { type GeneralNames, readGeneralNames } from './alternative-names.ts'
import { isDer } from './der.ts'
import {
  contentOf,
  identifierOf,
  isTrue,
  partsOf,
  Sequence,
  smallInteger,
  tags,
  type Value,
  valueAt,
} from './der-values.ts'
import { type NameConstraints, readNameConstraints } from './name-constraints.ts'

/** By number of the bit (RFC 5280 4.2.1.3). */
const usageNames = [
  ...(['digitalSignature', 'nonRepudiation', 'keyEncipherment', 'dataEncipherment', 'keyAgreement'] as const),
  ...(['keyCertSign', 'crlSign', 'encipherOnly', 'decipherOnly'] as const),
] as const
export type Usage = (typeof usageNames)[number]

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
const readers: Readonly<Record<string, (draft: Draft, value: Value) => void>> = {
  '2.5.29.19'(draft, value) {
    const fields = new Sequence(value)
    const isAuthority = fields.optional(tags.boolean)
    const pathLength = fields.optional(tags.integer)
    fields.end()
    draft.isAuthority = isAuthority !== undefined && isTrue(isAuthority)
    draft.pathLength = pathLength === undefined ? undefined : smallInteger(pathLength)
    if ((draft.pathLength ?? 0) < 0) throw new TypeError('no path length')
  },
  '2.5.29.15'(draft, value) {
    const [, ...bytes] = contentOf(value, tags.bits)
    draft.usages = usageNames.filter((_, bit) => ((bytes[bit >> 3] ?? 0) & (0x80 >> (bit & 7))) !== 0)
  },
  '2.5.29.37'(draft, value) {
    draft.extendedUsages = partsOf(value, tags.sequence).map(identifierOf)
  },
  '2.5.29.17'(draft, value) {
    draft.alternativeNames = readGeneralNames(partsOf(value, tags.sequence))
  },
  '2.5.29.30'(draft, value) {
    draft.nameConstraints = readNameConstraints(value)
  },
  // Identifiers of keys: signatures say more.
  '2.5.29.14': () => {},
  '2.5.29.35': () => {},
}

export interface Extension {
  readonly type: string
  readonly isCritical: boolean
  readonly value: Buffer
}

/** A list of extensions. Throws for one that stands twice. */
export function readExtensionList(value: Value): readonly Extension[] {
  const seen = new Set<string>()
  return partsOf(value, tags.sequence).map((extension) => {
    const fields = new Sequence(extension)
    const type = identifierOf(fields.next())
    const critical = fields.optional(tags.boolean)
    const content = contentOf(fields.next(), tags.octets)
    fields.end()
    if (seen.has(type)) throw new TypeError('an extension twice')
    seen.add(type)
    return { type, isCritical: critical !== undefined && isTrue(critical), value: content }
  })
}

/** Throws if one cannot be read. */
export function readExtensions(list: Value | undefined): Extensions {
  const unknownCritical: string[] = []
  const draft: Draft = {
    ...{ isAuthority: false, pathLength: undefined, usages: undefined, extendedUsages: undefined },
    alternativeNames: { dns: [], uri: [], email: [], directory: [], isOther: false },
    nameConstraints: undefined,
    unknownCritical,
  }
  for (const { type, isCritical, value } of list === undefined ? [] : readExtensionList(list)) {
    const reader = Object.hasOwn(readers, type) ? readers[type] : undefined
    if (reader === undefined) {
      if (isCritical) unknownCritical.push(type)
      continue
    }
    if (!isDer(value, bounds)) throw new TypeError('not in distinguished encoding')
    reader(draft, valueAt(value))
  }
  return draft
}
