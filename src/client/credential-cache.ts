// The cache of temporary credentials between runs of `credential-process`, which an SDK starts for each use: one file for each
// set of parameters, 0600 in a folder 0700, replaced atomically, with a lock so that many processes at once send one request.
import { createHash } from 'node:crypto'
import { readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { type SourceCredentials, SourceRefused } from './credential-source.ts'
import { lock } from './lock.ts'
import { wellAhead } from './renewing.ts'
import { writeWhole } from './whole-file.ts'

/**
 * The name of a cache entry. `parts` is everything that decides the answer (endpoint, access key id, every parameter), so
 * that two different sets never share a file. It must contain no secret.
 */
export const cacheKey = (parts: readonly unknown[]) => createHash('sha256').update(JSON.stringify(parts)).digest('hex')

export interface Asking {
  readonly clock: () => Date
  readonly ask: () => Promise<SourceCredentials>
  /** The age at which a set of this lifetime is asked for anew; well ahead by default. */
  readonly dueMs?: (lifetimeMs: number) => number
  /** Gets a sentence that says why nothing is cached, or why what is cached is not renewed. */
  readonly warn: (says: string) => void
}

interface Entry {
  /** ms since 1970: when it came. */
  readonly at: number
  readonly credentials: SourceCredentials
}

/**
 * The cached credentials, or those that `ask` returns, which are then cached. One process asks at a time; the others wait
 * for it and use what it got. Where nobody answers, those that are due are given as long as they are valid; a refusal removes them. If the
 * folder cannot be used, the credentials are not cached.
 */
export async function cached(folder: string, key: string, asking: Asking): Promise<SourceCredentials> {
  const { clock, ask, dueMs = wellAhead.dueMs, warn } = asking
  const file = join(folder, `${key}.json`)
  const fresh = () => {
    const entry = read(file, clock().getTime())
    return entry !== undefined && !isDue(entry, clock().getTime(), dueMs) ? entry.credentials : undefined
  }
  const before = fresh()
  if (before !== undefined) return before
  const release = await lock(folder, key, (problem) => warn(`${problem}: the credentials are not cached`))
  try {
    const meanwhile = fresh()
    if (meanwhile !== undefined) return meanwhile
    const credentials = await ask()
    if (release !== undefined) keep(file, { at: clock().getTime(), credentials })
    return credentials
  } catch (error) {
    // INVARIANT: whoever was refused is given nothing from before.
    if (error instanceof SourceRefused) rmSync(file, { force: true })
    const last = read(file, clock().getTime())
    if (last === undefined) throw error
    warn(
      `${(error as Error).message}: the last credentials are used, which end at ${last.credentials.expiration.toISOString()}`,
    )
    return last.credentials
  } finally {
    release?.()
  }
}

function isDue({ at, credentials }: Entry, now: number, dueMs: (lifetimeMs: number) => number): boolean {
  return now - at >= dueMs(credentials.expiration.getTime() - at) || now < at
}

/** The entry, unless it has ended. */
function read(file: string, now: number): Entry | undefined {
  try {
    const { at, credentials } = JSON.parse(readFileSync(file, 'utf8')) as Entry
    const expiration = new Date(credentials.expiration)
    const whole = credentials.accessKeyId && credentials.secretAccessKey && credentials.sessionToken
    return whole && typeof at === 'number' && expiration.getTime() > now
      ? { at, credentials: { ...credentials, expiration } }
      : undefined
  } catch {
    // A file that is missing or incomplete counts as no entry.
    return undefined
  }
}

function keep(file: string, entry: Entry): void {
  try {
    writeWhole(file, `${JSON.stringify(entry)}\n`)
  } catch {
    // What cannot be kept is requested again.
  }
}
