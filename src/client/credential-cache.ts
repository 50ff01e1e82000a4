// Temporary credentials kept between runs of `credential-process`, which an SDK starts anew each time: a file for each
// set of parameters, 0600 in a folder 0700, replaced whole, and locked so that many processes at once ask once.
import { createHash, randomBytes } from 'node:crypto'
import { chmodSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { setTimeout } from 'node:timers'
import { makeFolder } from './folder.ts'

/** What a `credential_process` prints (AWS SDKs and Tools Reference Guide, "Process credential provider"). */
export interface ProcessCredentials {
  readonly Version: 1
  readonly AccessKeyId: string
  readonly SecretAccessKey: string
  readonly SessionToken: string
  /** ISO 8601. */
  readonly Expiration: string
}

/** Credentials that end sooner than this are asked for again. */
const freshMs = 5 * 60_000

/**
 * The name of what was asked for. `parts` is everything that decides what is answered (endpoint, whose key, every
 * parameter): two different sets never share a file. No secret belongs in it.
 */
export const cacheKey = (parts: readonly unknown[]) => createHash('sha256').update(JSON.stringify(parts)).digest('hex')

export interface Asking {
  readonly now: () => Date
  readonly ask: () => Promise<ProcessCredentials>
  /** Hears, in a sentence, why nothing is kept. */
  readonly warn: (says: string) => void
}

/**
 * The kept credentials, or those that `ask` answers, which are then kept. One process asks at a time; the others wait
 * for it, and find what it was given. A folder that cannot be used costs the cache, not the credentials.
 */
export async function cached(folder: string, key: string, { now, ask, warn }: Asking): Promise<ProcessCredentials> {
  const file = join(folder, `${key}.json`)
  const before = read(file, now())
  if (before !== undefined) return before
  const release = await lock(folder, key, warn)
  try {
    const meanwhile = read(file, now())
    if (meanwhile !== undefined) return meanwhile
    const fresh = await ask()
    if (release !== undefined) write(file, fresh)
    return fresh
  } finally {
    release?.()
  }
}

function read(file: string, now: Date): ProcessCredentials | undefined {
  try {
    const kept = JSON.parse(readFileSync(file, 'utf8')) as ProcessCredentials
    const whole = kept.Version === 1 && kept.AccessKeyId && kept.SecretAccessKey && kept.SessionToken
    return whole && Date.parse(kept.Expiration) - now.getTime() > freshMs ? kept : undefined
  } catch {
    // Not there, or not whole: as if it were not there.
    return undefined
  }
}

function write(file: string, credentials: ProcessCredentials): void {
  const partial = `${file}.${randomBytes(6).toString('hex')}`
  try {
    writeFileSync(partial, `${JSON.stringify(credentials)}\n`, { mode: 0o600, flag: 'wx' })
    renameSync(partial, file)
  } catch {
    rmSync(partial, { force: true })
  }
}

/** Tries at the lock, 50 ms apart: a minute. */
const tries = 1200
const pauseMs = 50

/**
 * Waits for the lock of a key and answers how to release it; undefined when there can be none. The lock is the kernel's,
 * taken by an SQLite transaction that writes nothing: it ends with its process, however that ends.
 */
async function lock(folder: string, key: string, warn: Asking['warn']): Promise<(() => void) | undefined> {
  let holder: DatabaseSync | undefined
  try {
    makeFolder(folder)
    chmodSync(folder, 0o700)
    const file = join(folder, `${key}.lock`)
    holder = new DatabaseSync(file)
    chmodSync(file, 0o600)
    holder.exec('PRAGMA busy_timeout = 0')
    for (let turn = 0; turn < tries; turn++) {
      if (take(holder)) {
        const held = holder
        return () => held.close()
      }
      await new Promise((resolve) => setTimeout(resolve, pauseMs))
    }
  } catch (error) {
    // No such folder, or no such lock on this file system: each process asks for itself.
    warn(`${folder} cannot be used (${(error as Error).message}): the credentials are not kept`)
  }
  holder?.close()
  return undefined
}

/** SQLITE_BUSY and SQLITE_LOCKED: another process asks. */
const taken = [5, 6]

function take(holder: DatabaseSync): boolean {
  try {
    holder.exec('BEGIN EXCLUSIVE')
    return true
  } catch (error) {
    if (taken.includes((error as { errcode?: number }).errcode ?? 0)) return false
    throw error
  }
}
