// An answer that is changed while it passes by: names of tables, a text of its own, a member of each of a list. INVARIANT: nothing of it is
// kept but what is being rewritten: an answer of 16 MB that was read whole would stand in memory for as long as its reader takes.
import { pipeline, type Readable, Transform } from 'node:stream'
import { BackendFailure } from '../backend-failure.ts'

export interface AnswerChanges {
  /** Another name for a key of one of these members of the answer. */
  readonly keysOf?: ReadonlySet<string>
  readonly key?: (name: string) => string
  /** Another text for a member of the answer that is one. */
  readonly text?: (member: string, text: string) => string
  readonly each?: EachOf
}

/** Another value for a member of each object in a list that is a member of the answer. */
export interface EachOf {
  readonly list: string
  readonly member: string
  /** `nth`: which of the list it is, from 0. What it answers is JSON. */
  readonly value: (nth: number, value: unknown) => string
}

/**
 * In bytes as they are written: names and texts of the answer's own (shard iterators have some hundreds), and values of `each` (an item of
 * 400 KB has a few times as many in JSON).
 */
const longest = { string: 65_536, value: 4 * 1024 * 1024 } as const

interface Kept {
  readonly kind: keyof typeof longest
  readonly pieces: Buffer[]
  bytes: number
}

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

/** Reads strings and depths alone: what stands at the answer's first levels, wherever the bytes are cut. */
function createReader({ keysOf, key = same, text = (_, own) => own, each }: AnswerChanges) {
  /** The levels whose signs are looked at. */
  const levels = each === undefined ? 2 : 3
  let depth = 0
  let isOver = false
  /** Whether the second level is an object whose keys are names. */
  let isNamed = false
  /** The next string of the first two levels is a key. */
  let isKey = false
  let member = ''
  /** Which of the list the third level is, and its member; whether it is an object of the list at all. */
  let nth = 0
  let isListed = false
  let listedMember = ''
  let isInString = false
  let isEscaped = false
  /** What is being rewritten: a string with its quotes, or all that stands between a colon and the sign after its value. */
  let kept: Kept | undefined

  const isKept = () => depth === 1 || (isKey && ((depth === 2 && isNamed) || (depth === 3 && isListed)))

  function writtenString(bytes: Buffer): Buffer {
    const own = parsed(bytes) as string
    if (depth === 2) return Buffer.from(JSON.stringify(key(own)))
    if (depth === 1 && !isKey) return Buffer.from(JSON.stringify(text(member, own)))
    if (depth === 1) member = own
    else listedMember = own
    return bytes
  }

  function structure(byte: number): void {
    if (opening.has(byte)) {
      depth++
      if (depth === 1 && byte !== object) throw garbled('is no object')
      if (depth === 2) {
        isNamed = byte === object && keysOf?.has(member) === true
        nth = 0
      }
      if (depth === 3) isListed = byte === object && !isNamed && member === each?.list
      isKey = true
    } else if (closing.has(byte)) {
      depth--
      isOver = depth === 0
    } else if (byte === comma) {
      isKey = true
      if (depth === 2) nth++
    } else if (byte === colon) isKey = false
  }

  return {
    isWhole: () => isOver,
    read(chunk: Buffer): Buffer {
      const out: Buffer[] = []
      /** Where what is not written yet begins. */
      let from = 0
      const begin = (at: number, kind: Kept['kind']) => {
        out.push(chunk.subarray(from, at))
        from = at
        kept = { kind, pieces: [], bytes: 0 }
      }
      const end = (at: number, written: (bytes: Buffer) => Buffer | string) => {
        const bytes = Buffer.concat([...(kept?.pieces ?? []), chunk.subarray(from, at)])
        kept = undefined
        from = at
        out.push(Buffer.from(written(bytes)))
      }
      for (let at = 0; at < chunk.length; at++) {
        const byte = chunk[at] as number
        if (!isInString) {
          if (byte !== quote) {
            if (depth > levels && !opening.has(byte) && !closing.has(byte)) continue
            const isAfter = depth === 3 && (byte === comma || closing.has(byte))
            if (isAfter && kept !== undefined) end(at, (bytes) => each?.value(nth, parsed(bytes)) ?? '')
            structure(byte)
            const isBefore = depth === 3 && byte === colon && isListed && listedMember === each?.member
            if (isBefore && kept === undefined) begin(at + 1, 'value')
            continue
          }
          if (depth === 0) throw garbled('is no object')
          isInString = true
          if (kept === undefined && isKept()) begin(at, 'string')
        } else if (isEscaped) isEscaped = false
        else if (byte === backslash) isEscaped = true
        else if (byte === quote) {
          isInString = false
          if (kept?.kind === 'string') end(at + 1, writtenString)
        }
      }
      const rest = chunk.subarray(from)
      if (kept === undefined) out.push(rest)
      else {
        kept.pieces.push(rest)
        kept.bytes += rest.length
        if (kept.bytes > longest[kept.kind]) throw garbled(`has too long a ${kept.kind}`)
      }
      return out.length === 1 ? (out[0] as Buffer) : Buffer.concat(out)
    },
  }
}

const same = (name: string) => name

function parsed(json: Buffer): unknown {
  try {
    return JSON.parse(json.toString())
  } catch {
    throw garbled('has no JSON')
  }
}
