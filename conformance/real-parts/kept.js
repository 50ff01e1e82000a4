// Parts that are fetched or built once and kept in this repository's .venv/, which git ignores: one folder for each part, with
// a stamp of its sources.
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The folder of this suite's sources. */
export const here = dirname(fileURLToPath(import.meta.url))
const root = dirname(dirname(here))

/** Where a part is kept. */
export const folderOf = (name) => join(root, '.venv', name)

/** The sources of a part, as one text for its stamp. */
export const sources = (...files) =>
  createHash('sha256')
    .update(files.map((file) => readFileSync(join(here, file), 'utf8')).join('\0'))
    .digest('hex')

/** Makes a part in an empty folder, unless it exists already with the same stamp. `make` returns why it cannot be made here. */
export async function keep(name, madeOf, make) {
  const folder = folderOf(name)
  const stamp = join(folder, 'hallpass-made-of')
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === madeOf) return undefined
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder, { recursive: true })
  const missing = await make(folder)
  if (missing === undefined) writeFileSync(stamp, madeOf)
  return missing
}
