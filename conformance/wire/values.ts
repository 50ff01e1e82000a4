// Random values of a shape, from a seed: the same run, the same values.
import type { Shape, StructureShape } from '../../src/wire/shape.ts'

/** Numbers from 0 up to 1 (mulberry32). */
export function randomFrom(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296
  }
}

export interface Taste {
  readonly random: () => number
  /** Letters to make strings of. */
  readonly letters: readonly string[]
  /** Milliseconds that a time is a multiple of. */
  readonly tick: number
  /** Empty structures and maps have no spelling in Query requests. */
  readonly emptyObjects: boolean
}

/** Everything a Query parameter or a JSON string may hold. */
export const anyLetters = [
  ...'abcXYZ019',
  ...' +%&=?/.:;,@-_~',
  ...'<>"\'\\\r\n\t',
  '\u0000',
  '\u001f',
  'é',
  'ß',
  '漢',
  '😀',
]
/** What an XML 1.0 document can hold. */
export const xmlLetters = [...'abcXYZ019', ...' +%&=?/.:;,@-_~', ...'<>"\'\\\r\n\t', 'é', '漢', '😀', ']]>', '&amp;']

export function anyOf(shape: Shape, taste: Taste, depth = 0): unknown {
  const { random } = taste
  const between = (low: number, high: number) => low + Math.floor(random() * (high - low + 1))
  switch (shape.kind) {
    case 'string':
      return text(taste)
    case 'integer':
      return shape.bits === 32 ? between(-(2 ** 31), 2 ** 31 - 1) : between(-(2 ** 53) + 1, 2 ** 53 - 1)
    case 'double':
      return (random() - 0.5) * 10 ** between(-300, 300)
    case 'boolean':
      return random() < 0.5
    case 'timestamp':
      return new Date(Math.floor((random() * 4e12) / taste.tick) * taste.tick)
    case 'blob':
      return Uint8Array.from({ length: between(0, 20) }, () => between(0, 255))
    case 'list':
      return Array.from({ length: depth > 6 ? 0 : between(0, 12) }, () => anyOf(shape.item, taste, depth + 1))
    case 'map':
      return Object.fromEntries(
        Array.from({ length: depth > 6 ? 0 : between(taste.emptyObjects ? 0 : 1, 4) }, (_, i) => [
          `${text(taste)}${i}`,
          anyOf(shape.value, taste, depth + 1),
        ]),
      )
    case 'structure':
      return structureOf(shape, taste, depth)
  }
}

export function structureOf(shape: StructureShape, taste: Taste, depth = 0): Record<string, unknown> {
  const { random } = taste
  const only = shape.union ? Math.floor(random() * shape.members.length) : undefined
  const chosen = shape.members.filter((member, i) =>
    only === undefined ? member.required || random() < (depth > 4 ? 0.1 : 0.6) : i === only,
  )
  const first = shape.members[0]
  if (chosen.length === 0 && depth > 0 && !taste.emptyObjects && first !== undefined) chosen.push(first)
  return Object.fromEntries(chosen.map((member) => [member.name, anyOf(member.shape, taste, depth + 1)]))
}

/** One to a dozen letters; the client drops text that is white space alone, so the first is a letter. */
function text({ random, letters }: Taste): string {
  let value = 'v'
  for (let i = Math.floor(random() * 12); i > 0; i--) value += letters[Math.floor(random() * letters.length)]
  return value
}
