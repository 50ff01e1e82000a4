// What of a call may be kept. Records follow CloudTrail ("CloudTrail record contents": request parameters in lowerCamel,
// times as `Jul 18, 2023, 4:07:39 PM`) and leave out more than CloudTrail does: what proves an identity is never kept.
//
// DIVERGES: CloudTrail keeps ExternalId and the session token of an issued credential; here an external id is a secret
// between two accounts, and a token that stands in a log opens what it opens.
import type { Shape, StructureShape } from '../../wire/shape.ts'

/** Writes a value as JSON text. */
type Write = (value: unknown) => string

/** Members, lower-cased, that are left out wherever they stand, whatever the contract says of them. */
const secretMembers: ReadonlySet<string> = new Set([
  'addprivatekey',
  'authenticationcode1',
  'authenticationcode2',
  'base32stringseed',
  'contextassertion',
  // Of a simulation: among the values may be an external id.
  'contextkeyvalues',
  'externalid',
  'newpassword',
  'oldpassword',
  'password',
  'privatekey',
  'qrcodepng',
  'samlassertion',
  'secretaccesskey',
  'secretkey',
  'servicecredentialsecret',
  'servicepassword',
  'sessiontoken',
  'token',
  'tokencode',
  'tradeintoken',
  'webidentitytoken',
])

/** Members, lower-cased, that hold policy documents. */
const policyMembers: ReadonlySet<string> = new Set([
  'assumerolepolicydocument',
  'content',
  'document',
  'permissionsboundarypolicyinputlist',
  'policy',
  'policydocument',
  'policyinputlist',
  'resourcepolicy',
])

export const REDACTED = '[redacted]'
/** What CloudTrail prints for a value that it hides. */
const HIDDEN = '"HIDDEN_DUE_TO_SECURITY_REASONS"'

/** Longest text of one value that is kept, in characters: more than any policy document may have. */
const longest = 16_384

const isSecret = (name: string) => secretMembers.has(name.toLowerCase())
const isPolicy = (name: string) => policyMembers.has(name.toLowerCase())
const camel = (name: string) => name.charAt(0).toLowerCase() + name.slice(1)

const writeText = (text: string) => JSON.stringify(text.length > longest ? `${text.slice(0, longest)}…` : text)

const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']
const two = (n: number) => (n < 10 ? `0${n}` : String(n))

/** A time as CloudTrail prints it inside parameters and answers: `Jul 18, 2023, 4:07:39 PM`, UTC. */
export function cloudTrailTime(time: Date): string {
  const hour = time.getUTCHours()
  const day = `${months[time.getUTCMonth()]} ${time.getUTCDate()}, ${time.getUTCFullYear()}`
  const clock = `${hour % 12 || 12}:${two(time.getUTCMinutes())}:${two(time.getUTCSeconds())}`
  return `${day}, ${clock} ${hour < 12 ? 'AM' : 'PM'}`
}

const writers = new WeakMap<Shape, Write>()

/** The writer of a shape's values, compiled once; without a shape, of any value. */
export function writerOf(shape: Shape | undefined): Write {
  if (shape === undefined) return (value) => loose(value, true)
  let write = writers.get(shape)
  if (write === undefined) {
    write = compile(shape)
    writers.set(shape, write)
  }
  return write
}

function compile(shape: Shape): Write {
  switch (shape.kind) {
    case 'structure':
      return structure(shape)
    case 'list': {
      const { item } = shape
      // The item's writer is looked up when it is needed: a shape may contain itself.
      return (value) => (Array.isArray(value) ? `[${value.map((one) => writerOf(item)(one)).join(',')}]` : 'null')
    }
    case 'map': {
      const { value: of } = shape
      return (value) => {
        if (typeof value !== 'object' || value === null) return 'null'
        const pairs = Object.entries(value).map(
          ([key, one]) => `${JSON.stringify(key)}:${of.sensitive || isSecret(key) ? HIDDEN : writerOf(of)(one)}`,
        )
        return `{${pairs.join(',')}}`
      }
    }
    case 'string':
      return (value) => (typeof value === 'string' ? writeText(value) : 'null')
    default:
      return (value) => loose(value, false)
  }
}

interface Slot {
  readonly head: string
  readonly write: Write
}

function structure(shape: StructureShape): Write {
  const slots = new Map<string, Slot | 'left out'>()
  const slotOf = (name: string): Slot | 'left out' => {
    let slot = slots.get(name)
    if (slot !== undefined) return slot
    const member = shape.members.find((one) => one.name === name || camel(one.name) === name)
    const left = isSecret(name) || member?.shape.sensitive === true || member?.shape.kind === 'blob'
    slot = left ? 'left out' : { head: `${JSON.stringify(camel(name))}:`, write: memberWriter(name, member?.shape) }
    // Names come from contracts and descriptors, so there are few; still, no request may make this grow.
    if (slots.size < 256) slots.set(name, slot)
    return slot
  }
  return (value) => {
    if (typeof value !== 'object' || value === null) return 'null'
    let text = ''
    for (const name in value) {
      const one = (value as Record<string, unknown>)[name]
      if (one === undefined) continue
      const slot = slotOf(name)
      if (slot === 'left out') continue
      text += `${text === '' ? '{' : ','}${slot.head}${slot.write(one)}`
    }
    return text === '' ? '{}' : `${text}}`
  }
}

const memberWriter = (name: string, shape: Shape | undefined): Write =>
  // A structure named like a document (`Policy` of CreatePolicy's answer) is not one.
  isPolicy(name) && shape?.kind !== 'structure'
    ? writePolicy
    : shape === undefined
      ? (value) => loose(value, false)
      : (value) => writerOf(shape)(value)

/** Any value. `camelled`: its own member names are turned to lowerCamel (not those below: they may be tags). */
function loose(value: unknown, camelled: boolean): string {
  switch (typeof value) {
    case 'string':
      return writeText(value)
    case 'number':
      return Number.isFinite(value) ? String(value) : 'null'
    case 'boolean':
      return String(value)
    case 'object': {
      if (value === null) return 'null'
      if (value instanceof Date) return `"${cloudTrailTime(value)}"`
      if (ArrayBuffer.isView(value)) return HIDDEN
      if (Array.isArray(value)) return `[${value.map((one) => loose(one, false)).join(',')}]`
      const pairs: string[] = []
      for (const [name, one] of Object.entries(value)) {
        if (one === undefined || isSecret(name)) continue
        const text = isPolicy(name) ? writePolicy(one) : loose(one, false)
        pairs.push(`${JSON.stringify(camelled ? camel(name) : name)}:${text}`)
      }
      return `{${pairs.join(',')}}`
    }
    default:
      return 'null'
  }
}

function writePolicy(value: unknown): string {
  if (typeof value === 'string') return writeText(withoutExternalIds(value))
  if (Array.isArray(value)) return `[${value.map(writePolicy).join(',')}]`
  return loose(value, true)
}

/** Whether a document may name `sts:ExternalId`, plainly or with its letters escaped. */
const mayName = /externalid|\\u|%[0-9a-f]{2}/i

/** A policy document without the external ids that it expects. What cannot be read and may name one is left out whole. */
export function withoutExternalIds(text: string): string {
  if (!mayName.test(text)) return text
  try {
    const plain = text.trimStart().startsWith('{') ? text : decodeURIComponent(text)
    return JSON.stringify(JSON.parse(plain), (key, value) => (isExternalId(key) ? REDACTED : value))
  } catch {
    return REDACTED
  }
}

/** Whether a context key's name is the external id's. */
export const isExternalId = (key: string) => key.toLowerCase() === 'sts:externalid'

/** A JSON Web Token, wherever it stands in a sentence. */
const jwt = /eyJ[\w-]{6,}\.[\w-]*\.?[\w-]*/g
/** A validation message that quotes the value of a member which is not kept. */
const quoted = /Value '.*?' at '(?=([\w.[\]]+)')/gs

/** A sentence for the record: values of members that are not kept are taken out of it. */
export function scrubSentence(sentence: string, input: unknown): string {
  let text = sentence
    .replace(jwt, REDACTED)
    .replace(quoted, (whole, path: string) =>
      path.split('.').some((name) => isSecret(name.replace(/\[.*$/, ''))) ? `Value '${REDACTED}' at '` : whole,
    )
  for (const secret of secretsOf(input, 0)) text = text.replaceAll(secret, REDACTED)
  return text
}

function* secretsOf(value: unknown, depth: number): Generator<string> {
  if (typeof value !== 'object' || value === null || depth > 8) return
  for (const [name, one] of Object.entries(value)) {
    if (typeof one === 'string') {
      if (one.length > 1 && isSecret(name)) yield one
    } else yield* secretsOf(one, depth + 1)
  }
}
