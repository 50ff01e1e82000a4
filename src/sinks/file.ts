// Writes JSON-lines files for log shippers: `<prefix>-YYYY-MM-DD.jsonl` in one folder, one line a record, mode 0600.
//
// Files only grow, as shippers expect, so the sink never removes a line: a mark beside the files records up to which journal
// entry and which byte they are complete. After a crash between the two writes, the sink reads the lines beyond that byte
// and does not write them again, so that no record is lost or repeated. It cuts off only a line that a crash tore: no
// shipper has read it, since it has no line end.
import { constants } from 'node:fs'
import { type FileHandle, mkdir, open, readdir, readFile, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { Mark, Sink } from './sink.ts'

export interface FileSinkOptions {
  /** Made with mode 0700 if it does not exist. */
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

/** @throws TypeError for a prefix that is not lower-case letters. */
export function openFileSink({ folder, prefix }: FileSinkOptions): Sink {
  if (!/^[a-z]+$/.test(prefix)) throw new TypeError('the prefix of a file sink is lower-case letters')
  const nameOf = (day: string) => join(folder, `${prefix}-${day}.jsonl`)
  const markFile = join(folder, `.${prefix}-position.json`)
  let current: { readonly day: string; readonly file: FileHandle } | undefined
  /** Ids of the lines that are in the files beyond the last durable mark. */
  const writtenBeyondMark = new Set<string>()

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
    const names = await readdir(folder)
    const listed = names.map((name) => {
      const day = name.startsWith(`${prefix}-`) && name.endsWith('.jsonl') ? name.slice(prefix.length + 1, -6) : ''
      return isDay.test(day) ? day : ''
    })
    return listed.filter((day) => day !== '').sort()
  }

  /** Reads the complete lines of a file from a byte on, and cuts off a torn one. */
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
      for (const line of tail.toString('utf8', 0, end).split('\n')) if (line !== '') writtenBeyondMark.add(idOf(line))
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
    const staged = `${markFile}.new`
    const file = await open(staged, 'w', 0o600)
    try {
      await file.writeFile(JSON.stringify(next))
      await file.sync()
    } finally {
      await file.close()
    }
    await rename(staged, markFile)
    await syncFolder(folder)
  }

  return {
    async resume() {
      await mkdir(folder, { recursive: true, mode: 0o700 })
      writtenBeyondMark.clear()
      const saved = await position()
      for (const day of await days()) {
        if (saved === undefined || day > saved.day) await readBeyond(day, 0)
        else if (day === saved.day) await readBeyond(day, saved.length)
      }
      return saved === undefined ? undefined : { at: saved.at, count: saved.count }
    },
    async put(day, lines, mark) {
      if (!isDay.test(day)) throw new TypeError('a day is YYYY-MM-DD')
      const file = await fileOf(day)
      const unwritten = lines.filter(({ id }) => !writtenBeyondMark.has(id))
      try {
        if (unwritten.length > 0) await file.appendFile(unwritten.map(({ text }) => `${text}\n`).join(''))
        await file.sync()
        const { size } = await file.stat()
        await save({ day, length: size, at: mark.at, count: mark.count })
        for (const { id } of lines) writtenBeyondMark.delete(id)
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
    // The line is not from this sink: it stays, and matches no record.
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
