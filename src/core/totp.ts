// Time-based one-time passwords as virtual MFA devices show them: RFC 6238 over RFC 4226 with SHA-1, six digits, thirty
// seconds. Pure: the time comes in.
import { createHmac } from 'node:crypto'

/** Seconds a code is shown for. */
export const STEP_SECONDS = 30

/** The number of the step that a time falls in. */
export const stepAt = (now: Date): number => Math.floor(now.getTime() / 1000 / STEP_SECONDS)

/** RFC 4226 5.3: the code of one counter. */
export function codeOf(key: Uint8Array, counter: number, digits = 6): string {
  const message = Buffer.alloc(8)
  message.writeBigUInt64BE(BigInt(counter))
  const mac = createHmac('sha1', key).update(message).digest()
  const offset = (mac[mac.length - 1] as number) & 0x0f
  const number = mac.readUInt32BE(offset) & 0x7fffffff
  return String(number % 10 ** digits).padStart(digits, '0')
}

/**
 * The step whose code this is, among those within `drift` steps of now that are later than `lastStep`; undefined when
 * there is none.
 *
 * INVARIANT: a step is accepted only if it is later than the device's last one, so no code works twice.
 */
export function stepOf(key: Uint8Array, code: string, now: Date, lastStep: number, drift: number): number | undefined {
  const middle = stepAt(now)
  for (let step = Math.max(middle - drift, lastStep + 1); step <= middle + drift; step++) {
    if (codeOf(key, step) === code) return step
  }
  return undefined
}

/** The later step of two consecutive codes, under the same rule; undefined when they are not that. */
export function stepOfPair(
  key: Uint8Array,
  codes: readonly [string, string],
  now: Date,
  lastStep: number,
  drift: number,
): number | undefined {
  const middle = stepAt(now)
  for (let step = Math.max(middle - drift, lastStep + 1); step <= middle + drift; step++) {
    if (codeOf(key, step) === codes[0] && codeOf(key, step + 1) === codes[1]) return step + 1
  }
  return undefined
}
