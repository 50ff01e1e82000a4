// The cache of temporary credentials between runs of `credential-process`, which an SDK starts for each use: one file for each
// set of parameters, 0600 in a folder 0700, replaced atomically, with a lock so that many processes at once send one request.
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { lock } from './lock.ts'
import { writeWhole } from './whole-file.ts'

/** What a `credential_process` prints (AWS SDKs and Tools Reference Guide, "Process credential provider"). */
export interface ProcessCredentials {
  readonly Version: 1
  readonly AccessKeyId: string
  readonly SecretAccessKey: string
  readonly SessionToken: string
  /** ISO 8601. */
  readonly Expiration: string
}

/** Credentials that expire sooner than this are requested again. */
const freshMs = 5 * 60_000

/**
 * The name of a cache entry. `parts` is everything that decides the answer (endpoint, access key id, every parameter), so
 * that two different sets never share a file. It must contain no secret.
 */
export const cacheKey = (parts: readonly unknown[]) => createHash('sha256').update(JSON.stringify(parts)).digest('hex')

export interface Asking {
  readonly clock: () => Date
  readonly ask: () => Promise<ProcessCredentials>
  /** Gets a sentence that says why nothing is cached. */
  readonly warn: (says: string) => void
}

/**
 * The cached credentials, or those that `ask` returns, which are then cached. One process asks at a time; the others wait
 * for it and use what it got. If the folder cannot be used, the credentials are not cached.
 */
export async function cached(folder: string, key: string, { clock, ask, warn }: Asking): Promise<ProcessCredentials> {
  const file = join(folder, `${key}.json`)
  const before = read(file, clock())
  if (before !== undefined) return before
  const release = await lock(folder, key, (problem) => warn(`${problem}: the credentials are not cached`))
  try {
    const meanwhile = read(file, clock())
    if (meanwhile !== undefined) return meanwhile
    const fresh = await ask()
    if (release !== undefined) keep(file, fresh)
    return fresh
  } finally {
    release?.()
  }
}

function read(file: string, now: Date): ProcessCredentials | undefined {
  try {
    const cached = JSON.parse(readFileSync(file, 'utf8')) as ProcessCredentials
    const whole = cached.Version === 1 && cached.AccessKeyId && cached.SecretAccessKey && cached.SessionToken
    return whole && Date.parse(cached.Expiration) - now.getTime() > freshMs ? cached : undefined
  } catch {
    // A file that is missing or incomplete counts as no entry.
    return undefined
  }
}

function keep(file: string, credentials: ProcessCredentials): void {
  try {
    writeWhole(file, `${JSON.stringify(credentials)}\n`)
  } catch {
    // What cannot be kept is requested again.
  }
}
