// LDAP messages (RFC 4511) as a server reads and writes them: no more than sign-in asks for.
import { BerReader } from 'ldapts'
import type { Result } from './dialects.ts'
import { readFilter, type SearchFilter } from './filters.ts'

export interface Paging {
  readonly size: number
  /** Where the page begins; 0 for the first. */
  readonly start: number
}

interface Common {
  readonly id: number
  /** The password policy control came with it. */
  readonly asksPolicy: boolean
}

export type DirectoryRequest = Common &
  (
    | {
        readonly kind: 'bind'
        readonly name: string
        /** Undefined: not by a password. */
        readonly password: string | undefined
      }
    | {
        readonly kind: 'search'
        readonly base: string
        readonly scope: 'base' | 'one' | 'sub'
        readonly sizeLimit: number
        readonly filter: SearchFilter
        readonly attributes: readonly string[]
        readonly paging?: Paging
      }
    | { readonly kind: 'extended'; readonly oid: string }
    | { readonly kind: 'unbind' | 'abandon' }
    | { readonly kind: 'unknown'; readonly problem: string }
  )

const pagedResults = '1.2.840.113556.1.4.319'
const passwordPolicy = '1.3.6.1.4.1.42.2.27.8.5.1'
const scopes = ['base', 'one', 'sub'] as const

/** The first whole message's bytes; undefined while it is not all there. */
export function wholeMessage(bytes: Buffer): Buffer | undefined {
  const reader = new BerReader(bytes)
  if (reader.readSequence(0x30) === null || reader.length > reader.remain) return undefined
  return bytes.subarray(0, reader.offset + reader.length)
}

/** @throws for bytes that are no message. */
export function readMessage(message: Buffer): DirectoryRequest {
  const reader = new BerReader(message)
  reader.readSequence(0x30)
  const id = reader.readInt() ?? 0
  const tag = reader.readSequence() ?? 0
  const end = reader.offset + reader.length
  const { asksPolicy, paging } = readControls(message.subarray(end))
  const common = { id, asksPolicy }
  if (tag === 0x42) return { ...common, kind: 'unbind' }
  if (tag === 0x50) return { ...common, kind: 'abandon' }
  if (tag === 0x60) {
    reader.readInt()
    const name = reader.readString() ?? ''
    return {
      ...common,
      kind: 'bind',
      name,
      password: reader.peek() === 0x80 ? (reader.readString(0x80) ?? '') : undefined,
    }
  }
  if (tag === 0x77) return { ...common, kind: 'extended', oid: reader.readString(0x80) ?? '' }
  if (tag !== 0x63) return { ...common, kind: 'unknown', problem: `operation 0x${tag.toString(16)}` }
  const base = reader.readString() ?? ''
  const scope = scopes[reader.readEnumeration() ?? 0] ?? 'base'
  reader.readEnumeration()
  const sizeLimit = reader.readInt() ?? 0
  reader.readInt()
  reader.readBoolean()
  try {
    const filter = readFilter(reader)
    reader.readSequence(0x30)
    const attributes: string[] = []
    while (reader.offset < end) attributes.push(reader.readString() ?? '')
    const search = { ...common, kind: 'search' as const, base, scope, sizeLimit, filter, attributes }
    return paging === undefined ? search : { ...search, paging }
  } catch (error) {
    return { ...common, kind: 'unknown', problem: (error as Error).message }
  }
}

function readControls(bytes: Buffer): { readonly asksPolicy: boolean; readonly paging?: Paging } {
  const reader = new BerReader(bytes)
  let asksPolicy = false
  let paging: Paging | undefined
  if (reader.readSequence(0xa0) === null) return { asksPolicy }
  while (reader.remain > 0) {
    reader.readSequence(0x30)
    const end = reader.offset + reader.length
    const oid = reader.readString()
    if (reader.offset < end && reader.peek() === 0x01) reader.readBoolean()
    const value = reader.offset < end ? reader.readString(0x04, true) : null
    reader.offset = end
    if (oid === passwordPolicy) asksPolicy = true
    if (oid === pagedResults && value !== null) {
      const content = new BerReader(value)
      content.readSequence(0x30)
      const size = content.readInt() ?? 0
      paging = { size, start: Number(content.readString() ?? '') }
    }
  }
  return paging === undefined ? { asksPolicy } : { asksPolicy, paging }
}

// ---- answers -------------------------------------------------------------------------------------------------------

/** One value with its tag and length (X.690 section 8.1). */
function tagged(tag: number, ...contents: readonly Buffer[]): Buffer {
  const content = Buffer.concat(contents)
  const size = content.length
  if (size < 0x80) return Buffer.concat([Buffer.from([tag, size]), content])
  const length = Buffer.alloc(4)
  length.writeUInt32BE(size)
  return Buffer.concat([Buffer.from([tag, 0x84]), length, content])
}

const octets = (value: string | Buffer, tag = 0x04) => tagged(tag, Buffer.from(value))
const integer = (value: number, tag = 0x02) => {
  const bytes = Buffer.alloc(4)
  bytes.writeInt32BE(value)
  return tagged(tag, bytes)
}
const enumerated = (value: number) => tagged(0x0a, Buffer.from([value]))

const message = (id: number, operation: Buffer, ...controls: readonly Buffer[]) =>
  tagged(0x30, integer(id), operation, ...(controls.length === 0 ? [] : [tagged(0xa0, ...controls)]))

const control = (oid: string, value: Buffer) => tagged(0x30, octets(oid), octets(value))

export interface Answer extends Result {
  readonly matchedDn?: string
  readonly referral?: readonly string[]
}

const resultOf = ({ code, message: text = '', matchedDn = '', referral = [] }: Answer) => [
  enumerated(code),
  octets(matchedDn),
  octets(text),
  ...(referral.length === 0 ? [] : [tagged(0xa3, ...referral.map((url) => octets(url)))]),
]

const answerTags = { bind: 0x61, search: 0x65, extended: 0x78 } as const

export function writeAnswer(
  request: Pick<DirectoryRequest, 'id' | 'asksPolicy'>,
  kind: keyof typeof answerTags,
  answer: Answer,
  more: { readonly value?: string; readonly nextPage?: number | 'none' } = {},
): Buffer {
  const value = more.value === undefined ? [] : [octets(more.value, 0x8b)]
  const controls: Buffer[] = []
  if (request.asksPolicy && answer.policyError !== undefined)
    controls.push(control(passwordPolicy, tagged(0x30, tagged(0x81, Buffer.from([answer.policyError])))))
  if (more.nextPage !== undefined) {
    const cookie = more.nextPage === 'none' ? '' : String(more.nextPage)
    controls.push(control(pagedResults, tagged(0x30, integer(0), octets(cookie))))
  }
  return message(request.id, tagged(answerTags[kind], ...resultOf(answer), ...value), ...controls)
}

export function writeEntry(id: number, dn: string, attributes: ReadonlyMap<string, readonly Buffer[]>): Buffer {
  const list = [...attributes].map(([name, values]) =>
    tagged(0x30, octets(name), tagged(0x31, ...values.map((value) => octets(value)))),
  )
  return message(id, tagged(0x64, octets(dn), tagged(0x30, ...list)))
}

/** Says that more is at other servers (RFC 4511 section 4.5.3). */
export const writeReference = (id: number, urls: readonly string[]): Buffer =>
  message(id, tagged(0x73, ...urls.map((url) => octets(url))))
