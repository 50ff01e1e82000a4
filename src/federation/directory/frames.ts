// The messages in what a directory server sends (RFC 4511 section 5.1: BER with definite lengths). The library's readers believe
// the lengths they read: one that points outside its parent gives an empty value, or a loop without end. So a message reaches them
// only when all its lengths hold.

export interface Frames {
  /**
   * The messages that are whole with these bytes.
   * @throws Error for what is no message, or a longer one than allowed.
   */
  push(bytes: Buffer): readonly Buffer[]
  /** Whether bytes of a message are waiting for the rest of it. */
  readonly hasPart: boolean
}

const sequence = 0x30
const constructed = 0x20

export function createFrames(mostBytes: number): Frames {
  let parts: Buffer[] = []
  let size = 0
  /** Of the message that is waited for; 0 while not known. */
  let wanted = 0
  return {
    get hasPart() {
      return size > 0
    },
    push(bytes) {
      parts.push(bytes)
      size += bytes.length
      const whole: Buffer[] = []
      while (size > 0 && (wanted === 0 || size >= wanted)) {
        const all = parts.length === 1 ? (parts[0] ?? bytes) : Buffer.concat(parts)
        parts = [all]
        const end = endOf(all, 0)
        if (all[0] !== sequence) throw new Error('no LDAP message')
        if (end === undefined) break
        if (end > mostBytes) throw new Error(`a message of more than ${mostBytes} bytes`)
        wanted = end
        if (size < end) break
        const message = all.subarray(0, end)
        if (!holds(message, 0, message.length, 0)) throw new Error('a message whose lengths do not hold')
        whole.push(message)
        parts = size === end ? [] : [all.subarray(end)]
        size -= end
        wanted = 0
      }
      return whole
    },
  }
}

/** Where the value's content begins and ends; undefined while the length is not whole. */
function contentOf(bytes: Buffer, at: number): readonly [start: number, end: number] | undefined {
  const first = bytes[at + 1]
  if (first === undefined) return undefined
  if (first < 0x80) return [at + 2, at + 2 + first]
  const count = first & 0x7f
  if (count === 0 || count > 4) throw new Error('a length that LDAP does not have')
  if (bytes.length < at + 2 + count) return undefined
  return [at + 2 + count, at + 2 + count + bytes.readUIntBE(at + 2, count)]
}

const endOf = (bytes: Buffer, at: number) => contentOf(bytes, at)?.[1]

/** Whether values fill the bytes from `at` to `end`, each of them whole and within its parent. */
function holds(bytes: Buffer, at: number, end: number, depth: number): boolean {
  let next = at
  while (next < end) {
    const content = contentOf(bytes, next)
    const tag = bytes[next] ?? 0
    // Tags of several bytes are none of LDAP's; its messages are nine deep at most.
    if (content === undefined || content[1] > end || (tag & 0x1f) === 0x1f || depth > 12) return false
    if ((tag & constructed) !== 0 && !holds(bytes, content[0], content[1], depth + 1)) return false
    next = content[1]
  }
  return next === end
}
