// The master key: the one secret outside the store. It wraps the keys of the ring, so that a copy of the database alone
// opens nothing. It comes from a file that only its owner can read, or from a setting.
import { createHmac, createSecretKey, randomBytes } from 'node:crypto'
import { closeSync, fstatSync, fsyncSync, linkSync, openSync, readFileSync, unlinkSync, writeSync } from 'node:fs'
import { dirname } from 'node:path'
import { masterKeyBytes } from '../core/master-key.ts'
import { heads, seal, unseal } from '../core/token/seal.ts'

export interface Master {
  /** 16 hexadecimal digits that tell master keys apart and reveal nothing of the key. */
  readonly id: string
  /** Encrypts a key of the ring for the store, bound to its context. */
  wrap(plain: Uint8Array, context: string): string
  /** Undefined when another master key wrapped it, when it was wrapped for another context, or when it was changed. */
  unwrap(wrapped: string, context: string): Buffer | undefined
}

/** A master key that cannot be used. The operator reads the message; it contains nothing of the key. */
export class MasterRefused extends Error {
  override readonly name = 'MasterRefused'
  readonly why: 'wrong-length' | 'readable-by-others' | 'owned-by-another' | 'not-a-file'
  constructor(why: MasterRefused['why'], message: string) {
    super(message)
    this.why = why
  }
}

const keyBytes = 32

/** The master key from its text: 32 bytes in standard base64, 44 characters. Throws MasterRefused. */
export function masterOf(value: string): Master {
  const bytes = masterKeyBytes(value)
  if (bytes === undefined) throw new MasterRefused('wrong-length', 'a master key is 32 bytes in base64: 44 characters')
  const key = createSecretKey(bytes)
  const id = createHmac('sha256', key).update('hallpass master key id').digest('hex').slice(0, 16)
  return {
    id,
    wrap: (plain, context) => seal(heads.key, plain, { id, key }, randomBytes(16), context),
    unwrap(wrapped, context) {
      const opened = unseal(heads.key, wrapped, context, (wanted) => (wanted === id ? key : undefined))
      return 'bytes' in opened ? opened.bytes : undefined
    },
  }
}

/** The master key from a file (base64 and a line end); makes the file, mode 0600, if there is none. Throws MasterRefused. */
export function masterFile(path: string): Master {
  try {
    return read(path)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
  }
  create(path)
  return read(path)
}

function read(path: string): Master {
  const file = openSync(path, 'r')
  try {
    // The checks are on the open file, not on its path: the file that is read is the one that was checked.
    const stat = fstatSync(file)
    if (!stat.isFile()) throw new MasterRefused('not-a-file', `${path} is not a file`)
    if (process.platform !== 'win32') {
      if ((stat.mode & 0o077) !== 0)
        throw new MasterRefused('readable-by-others', `other users may read or write ${path}: it needs mode 0600`)
      if (stat.uid !== process.geteuid?.() && stat.uid !== 0)
        throw new MasterRefused('owned-by-another', `${path} belongs to another user`)
    }
    if (stat.size > 64) throw new MasterRefused('wrong-length', `${path} is longer than a master key`)
    return masterOf(readFileSync(file, 'latin1').replace(/\r?\n$/, ''))
  } finally {
    closeSync(file)
  }
}

/** Makes the file under its name only once it is complete and on disk, and never replaces one that exists. */
function create(path: string): void {
  const partial = `${path}.${randomBytes(6).toString('hex')}`
  const file = openSync(partial, 'wx', 0o600)
  try {
    writeSync(file, `${randomBytes(keyBytes).toString('base64')}\n`)
    fsyncSync(file)
  } finally {
    closeSync(file)
  }
  try {
    linkSync(partial, path)
  } catch (error) {
    // Another process that started at the same time made the file first: its key is the master key.
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
  } finally {
    unlinkSync(partial)
  }
  if (process.platform === 'win32') return
  const folder = openSync(dirname(path), 'r')
  try {
    fsyncSync(folder)
  } finally {
    closeSync(folder)
  }
}
