// The cache of temporary credentials between runs of `credential-process`, which an SDK starts for each use: one file for each
// set of parameters, 0600 in a folder 0700, replaced atomically, with a lock so that many processes at once send one request.
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
  const release = await lock(folder, key, warn)
  try {
    const meanwhile = read(file, clock())
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
    const cached = JSON.parse(readFileSync(file, 'utf8')) as ProcessCredentials
    const whole = cached.Version === 1 && cached.AccessKeyId && cached.SecretAccessKey && cached.SessionToken
    return whole && Date.parse(cached.Expiration) - now.getTime() > freshMs ? cached : undefined
  } catch {
    // A file that is missing or incomplete counts as no entry.
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

/** Attempts to get the lock, 50 ms apart: a minute together. */
const tries = 1200
const pauseMs = 50

/**
 * Waits for the lock of a key and returns what releases it; undefined when it cannot be had. An SQLite transaction that
 * writes nothing takes the kernel's file lock, which is released when its process ends, even by a crash.
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
    // The folder cannot be made, or its file system has no locks: each process asks for itself.
    warn(`${folder} cannot be used (${(error as Error).message}): the credentials are not cached`)
  }
  holder?.close()
  return undefined
}

/** SQLITE_BUSY and SQLITE_LOCKED: another process holds the lock. */
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
