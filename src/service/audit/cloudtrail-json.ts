// Parameters and answers as CloudTrail writes them ("CloudTrail record contents": members in lowerCamel, times as
// `Jul 18, 2023, 4:07:39 PM`), by writers that are compiled once for each shape. redact.ts decides what they leave out.
import { memoize } from '../../wire/lazy.ts'
import { lowerCamel, type Shape, type StructureShape } from '../../wire/shape.ts'
import { isPolicy, isSecret, withoutExternalIds } from './redact.ts'

/** Writes a value as JSON text. */
type Write = (value: unknown) => string

/** What CloudTrail prints for a value that it hides. */
const HIDDEN = '"HIDDEN_DUE_TO_SECURITY_REASONS"'

/** Longest text of one value that is kept, in characters: more than any policy document may have. */
const longest = 16_384

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

const compiled = memoize(compile)

/** The writer of a shape's values, compiled once; without a shape, of any value. */
export const writerOf = (shape: Shape | undefined): Write =>
  shape === undefined ? (value) => loose(value, true) : compiled(shape)

function compile(shape: Shape): Write {
  switch (shape.kind) {
    case 'structure':
      return structure(shape)
    case 'list': {
      const { item } = shape
      // The item's writer is looked up when it is needed: a shape may contain itself.
      return (value) =>
        Array.isArray(value)
          ? `[${value.map((element) => (item.sensitive ? HIDDEN : writerOf(item)(element))).join(',')}]`
          : 'null'
    }
    case 'map': {
      const { value: of } = shape
      return (value) => {
        if (typeof value !== 'object' || value === null) return 'null'
        const pairs = Object.entries(value).map(
          ([key, entry]) => `${JSON.stringify(key)}:${of.sensitive || isSecret(key) ? HIDDEN : writerOf(of)(entry)}`,
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
    const member = shape.members.find((one) => one.name === name || lowerCamel(one.name) === name)
    const left = isSecret(name) || member?.shape.sensitive === true || member?.shape.kind === 'blob'
    slot = left
      ? 'left out'
      : { head: `${JSON.stringify(lowerCamel(name))}:`, write: memberWriter(name, member?.shape) }
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
      if (Array.isArray(value)) return `[${value.map((member) => loose(member, false)).join(',')}]`
      const pairs: string[] = []
      for (const [name, member] of Object.entries(value)) {
        if (member === undefined || isSecret(name)) continue
        const text = isPolicy(name) ? writePolicy(member) : loose(member, false)
        pairs.push(`${JSON.stringify(camelled ? lowerCamel(name) : name)}:${text}`)
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
