// What was fetched or built once and is kept in this repository's .venv/, which git ignores: a folder a part, with a stamp
// that says what it was made of.
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The folder of this suite's sources. */
export const here = dirname(fileURLToPath(import.meta.url))
const root = dirname(dirname(here))

/** Where a part is kept. */
export const folderOf = (name) => join(root, '.venv', name)

/** Sources that a part is made of, as one text for its stamp. */
export const sources = (...files) =>
  createHash('sha256')
    .update(files.map((file) => readFileSync(join(here, file), 'utf8')).join('\0'))
    .digest('hex')

/** Makes a part in its emptied folder, unless it is there already, made of the same. `make` answers why it cannot be made here. */
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
