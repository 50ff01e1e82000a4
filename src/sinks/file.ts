// JSON-lines files for log shippers: `<prefix>-YYYY-MM-DD.jsonl` in one folder, one line a record, mode 0600.
//
// Files only grow, as shippers expect, so nothing that was written is ever taken back: a mark beside the files says up to
// which journal entry and which byte they are complete. After a crash between the two writes, the lines beyond that byte are
// read back and not written again, so that nothing is lost and nothing is there twice. Only a line that a crash tore is cut
// off: no shipper has taken it, since it has no line end.
import { constants } from 'node:fs'
import { type FileHandle, mkdir, open, readdir, readFile, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { Mark, Sink } from './sink.ts'

export interface FileSinkOptions {
  /** Made with mode 0700 when absent. */
  readonly folder: string
  /** Lower-case letters: `audit`. */
  readonly prefix: string
}

interface Position extends Mark {
  /** The last file written, and its length in bytes after that. */
  readonly day: string
  readonly length: number
}

const isDay = /^\d{4}-\d{2}-\d{2}$/

/** @throws TypeError for a prefix that is no plain name. */
export function openFileSink({ folder, prefix }: FileSinkOptions): Sink {
  if (!/^[a-z]+$/.test(prefix)) throw new TypeError('the prefix of a file sink is lower-case letters')
  const nameOf = (day: string) => join(folder, `${prefix}-${day}.jsonl`)
  const markFile = join(folder, `.${prefix}-position.json`)
  let current: { readonly day: string; readonly file: FileHandle } | undefined
  /** Ids of lines in the files beyond the last durable mark. */
  const beyond = new Set<string>()

  async function position(): Promise<Position | undefined> {
    let text: string
    try {
      text = await readFile(markFile, 'utf8')
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
      throw error
    }
    return JSON.parse(text) as Position
  }

  /** Days that have a file, in order. */
  async function days(): Promise<string[]> {
    const found = (await readdir(folder)).map((name) => {
      const day = name.startsWith(`${prefix}-`) && name.endsWith('.jsonl') ? name.slice(prefix.length + 1, -6) : ''
      return isDay.test(day) ? day : ''
    })
    return found.filter((day) => day !== '').sort()
  }

  /** Reads the whole lines of a file from a byte on, and cuts off a torn one. */
  async function readBeyond(day: string, from: number): Promise<void> {
    const file = await open(nameOf(day), constants.O_RDWR | constants.O_NOFOLLOW)
    try {
      const { size } = await file.stat()
      if (size <= from) return
      const tail = Buffer.alloc(size - from)
      const { bytesRead } = await file.read(tail, 0, tail.length, from)
      const end = tail.subarray(0, bytesRead).lastIndexOf(0x0a) + 1
      if (end < bytesRead) {
        await file.truncate(from + end)
        await file.sync()
      }
      for (const line of tail.toString('utf8', 0, end).split('\n')) if (line !== '') beyond.add(idOf(line))
    } finally {
      await file.close()
    }
  }

  async function fileOf(day: string): Promise<FileHandle> {
    if (current?.day === day) return current.file
    await current?.file.close()
    current = undefined
    const flags = constants.O_WRONLY | constants.O_APPEND | constants.O_CREAT | constants.O_NOFOLLOW
    const file = await open(nameOf(day), flags, 0o600)
    current = { day, file }
    await syncFolder(folder)
    return file
  }

  async function save(next: Position): Promise<void> {
    const fresh = `${markFile}.new`
    const file = await open(fresh, 'w', 0o600)
    try {
      await file.writeFile(JSON.stringify(next))
      await file.sync()
    } finally {
      await file.close()
    }
    await rename(fresh, markFile)
    await syncFolder(folder)
  }

  return {
    async resume() {
      await mkdir(folder, { recursive: true, mode: 0o700 })
      beyond.clear()
      const known = await position()
      for (const day of await days()) {
        if (known === undefined || day > known.day) await readBeyond(day, 0)
        else if (day === known.day) await readBeyond(day, known.length)
      }
      return known === undefined ? undefined : { at: known.at, count: known.count }
    },
    async put(day, lines, mark) {
      if (!isDay.test(day)) throw new TypeError('a day is YYYY-MM-DD')
      const file = await fileOf(day)
      const fresh = lines.filter(({ id }) => !beyond.has(id))
      try {
        if (fresh.length > 0) await file.appendFile(fresh.map(({ text }) => `${text}\n`).join(''))
        await file.sync()
        const { size } = await file.stat()
        await save({ day, length: size, at: mark.at, count: mark.count })
        for (const { id } of lines) beyond.delete(id)
      } catch (error) {
        current = undefined
        await file.close().catch(() => undefined)
        throw error
      }
    },
    async drop(before) {
      for (const day of await days()) if (day < before) await rm(nameOf(day), { force: true })
    },
    async close() {
      await current?.file.close()
      current = undefined
    },
  }
}

function idOf(line: string): string {
  try {
    return String((JSON.parse(line) as { eventID?: unknown }).eventID)
  } catch {
    // Not a file of this sink: it stays, and counts for nothing.
    return ''
  }
}

async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, constants.O_RDONLY)
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}
