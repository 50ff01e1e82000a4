// Session tokens of IMDSv2 (Amazon EC2 User Guide, "Use the Instance Metadata Service"): opaque, of this process and this listener
// alone, and ended by their own time. Nothing is kept of them, so that no flood of them fills anything.
import { timingSafeEqual } from 'node:crypto'
import { HmacKey } from '../core/hmac.ts'

/** In seconds, as AWS bounds it: six hours. */
export const longestTtl = 21_600

const headBytes = 8
const macBytes = 32
/** 40 bytes: as long as AWS's. */
const shape = /^[A-Za-z0-9_-]{54}==$/

export interface ImdsTokens {
  /** A token for `ttl` seconds. */
  issue(ttl: number, now: Date): string
  /** The seconds that it has left; undefined: it ended, or is none of ours. */
  left(token: string, now: Date): number | undefined
}

/** @param random random bytes */
export function imdsTokens(random: (bytes: number) => Buffer): ImdsTokens {
  const key = new HmacKey(random(macBytes))
  const macOf = (head: Buffer) => Buffer.from(key.mac(head.toString('latin1')), 'hex')
  return {
    issue(ttl, now) {
      // When it ends, in whole seconds of 48 bits; two random bytes set apart those of one second.
      const head = Buffer.alloc(headBytes)
      head.writeUIntBE(Math.floor(now.getTime() / 1000) + ttl, 0, 6)
      random(2).copy(head, 6)
      return `${Buffer.concat([head, macOf(head)]).toString('base64url')}==`
    },
    left(token, now) {
      if (!shape.test(token)) return undefined
      const bytes = Buffer.from(token, 'base64url')
      const head = bytes.subarray(0, headBytes)
      if (!timingSafeEqual(bytes.subarray(headBytes), macOf(head))) return undefined
      const left = head.readUIntBE(0, 6) - Math.floor(now.getTime() / 1000)
      // More than was ever given: the clock was set back.
      return left > 0 && left <= longestTtl ? left : undefined
    },
  }
}
