// The types of the wire contract: the structure of values and their bounds (the Smithy 2.0 simple and aggregate types, as
// far as the services of services.ts use them). Codecs and validation are compiled from these.

export type Shape =
  | StructureShape
  | ListShape
  | MapShape
  | StringShape
  | IntegerShape
  | DoubleShape
  | BooleanShape
  | TimestampShape
  | BlobShape

interface Named {
  /** The model's own name, for example `roleSessionNameType`. */
  readonly name: string
  /** The value is a secret or personal: it is never echoed or logged. */
  readonly sensitive?: true
}

/** Inclusive bounds: code points of a string, items of a list or map, bytes of a blob, the value of an integer. */
interface Bounded {
  readonly min?: number
  readonly max?: number
}

export interface Member {
  /** Spelled as on the wire. */
  readonly name: string
  readonly required: boolean
  /** Resolved at first use: a shape may contain itself. */
  readonly shape: Shape
}

export interface StructureShape extends Named {
  readonly kind: 'structure'
  readonly members: readonly Member[]
  /** Exactly one member may be set. */
  readonly union?: true
}

export interface ListShape extends Named, Bounded {
  readonly kind: 'list'
  readonly item: Shape
}

export interface MapShape extends Named, Bounded {
  readonly kind: 'map'
  readonly key: StringShape
  readonly value: Shape
}

export interface StringShape extends Named, Bounded {
  readonly kind: 'string'
  /** A Java regular expression for the whole value, as AWS publishes and echoes it. */
  readonly pattern?: string
  /** The values of an enumeration. */
  readonly values?: readonly string[]
}

export interface IntegerShape extends Named, Bounded {
  readonly kind: 'integer'
  /** Width: 32 or 64 bits. 64-bit values beyond Number.MAX_SAFE_INTEGER are refused. */
  readonly bits: 32 | 64
}

/** A number of 64 bits (IEEE 754), which is always finite here. */
export interface DoubleShape extends Named {
  readonly kind: 'double'
}

export interface BooleanShape extends Named {
  readonly kind: 'boolean'
}

/** A point in time: `Date` in memory. */
export interface TimestampShape extends Named {
  readonly kind: 'timestamp'
  /** Its form in JSON, where it is not seconds since 1970: RFC 3339 date-time. */
  readonly format?: 'iso8601'
}

/** Bytes: `Uint8Array` in memory, base64 on the wire. */
export interface BlobShape extends Named, Bounded {
  readonly kind: 'blob'
}

/** A member's name as AWS's sentences and records spell it: the first letter alone is lowered, `sAMLAssertion`. */
export const lowerCamel = (name: string) => name.charAt(0).toLowerCase() + name.slice(1)
