// An answer that is changed while it passes by: names of tables, and a text of its own. INVARIANT: nothing of it is kept but the name that
// is being read: an answer of 16 MB that was read whole would stand in memory for as long as its reader takes.
import { pipeline, type Readable, Transform } from 'node:stream'
import { BackendFailure } from '../backend-failure.ts'

export interface AnswerChanges {
  /** Another name for a key of one of these members of the answer. */
  readonly keysOf?: ReadonlySet<string>
  readonly key?: (name: string) => string
  /** Another text for a member of the answer that is one. */
  readonly text?: (member: string, text: string) => string
}

/** The longest name, or text of the answer's own, in bytes as it is written: shard iterators have some hundreds. */
const longestText = 65_536

const [quote, backslash, comma, colon] = [0x22, 0x5c, 0x2c, 0x3a]
const opening: ReadonlySet<number> = new Set([0x7b, 0x5b])
const closing: ReadonlySet<number> = new Set([0x7d, 0x5d])
const object = 0x7b

/** The body, changed. It fails with a BackendFailure for what is no JSON object as far as it is read here. */
export function changed(body: Readable, changes: AnswerChanges): Readable {
  const reader = createReader(changes)
  const through = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      try {
        done(null, reader.read(chunk))
      } catch (error) {
        done(error as Error)
      }
    },
    flush(done) {
      done(reader.isWhole() ? null : garbled('ends before its end'))
    },
  })
  pipeline(body, through, () => undefined)
  return through
}

const garbled = (how: string) => new BackendFailure('garbled', true, `an answer that ${how}`)

/** Reads strings and depths alone: what stands at the answer's first two levels, wherever the bytes are cut. */
function createReader({ keysOf, key = same, text = (_, own) => own }: AnswerChanges) {
  let depth = 0
  let isOver = false
  /** Whether the second level is an object whose keys are names. */
  let isNamed = false
  /** The next string of the first two levels is a key. */
  let isKey = false
  let member = ''
  let isInString = false
  let isEscaped = false
  /** The pieces of a string that is read, with its quotes; undefined of one that passes by. */
  let held: Buffer[] | undefined

  const isHeld = () => depth === 1 || (depth === 2 && isNamed && isKey)

  function written(pieces: Buffer[]): Buffer {
    const own = textOf(pieces)
    if (depth === 2) return Buffer.from(JSON.stringify(key(own)))
    if (!isKey) return Buffer.from(JSON.stringify(text(member, own)))
    member = own
    return Buffer.concat(pieces)
  }

  function structure(byte: number): void {
    if (opening.has(byte)) {
      depth++
      if (depth === 1 && byte !== object) throw garbled('is no object')
      if (depth === 2) isNamed = byte === object && keysOf?.has(member) === true
      isKey = true
    } else if (closing.has(byte)) {
      depth--
      isOver = depth === 0
    } else if (byte === comma) isKey = true
    else if (byte === colon) isKey = false
  }

  return {
    isWhole: () => isOver,
    read(chunk: Buffer): Buffer {
      const out: Buffer[] = []
      /** Where what is not written yet begins. */
      let from = 0
      for (let at = 0; at < chunk.length; at++) {
        const byte = chunk[at] as number
        if (!isInString) {
          if (byte !== quote) {
            if (depth < 3 || opening.has(byte) || closing.has(byte)) structure(byte)
            continue
          }
          if (depth === 0) throw garbled('is no object')
          isInString = true
          if (!isHeld()) continue
          out.push(chunk.subarray(from, at))
          from = at
          held = []
        } else if (isEscaped) isEscaped = false
        else if (byte === backslash) isEscaped = true
        else if (byte === quote) {
          isInString = false
          if (held === undefined) continue
          out.push(written([...held, chunk.subarray(from, at + 1)]))
          from = at + 1
          held = undefined
        }
      }
      if (held === undefined) out.push(chunk.subarray(from))
      else {
        held.push(chunk.subarray(from))
        if (held.reduce((sum, { length }) => sum + length, 0) > longestText) throw garbled('has too long a name')
      }
      return out.length === 1 ? (out[0] as Buffer) : Buffer.concat(out)
    },
  }
}

const same = (name: string) => name

function textOf(pieces: readonly Buffer[]): string {
  try {
    return JSON.parse(Buffer.concat(pieces).toString()) as string
  } catch {
    throw garbled('has no JSON')
  }
}
