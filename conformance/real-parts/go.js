// Go programs: one on the AWS SDK for Go v2 (go/), and what others are built by. Built once for what its go.sum names.
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { install, run } from './debian.js'
import { clockFiles, movableClockOf } from './go-clock.js'
import { folderOf, here, keep, sources } from './kept.js'

/** The oldest Go that the SDK takes. */
const oldest = 24

/** Builds it; `path` is the program. */
export const prepareGoProgram = () =>
  buildGo(
    'go',
    ['go.mod', 'go.sum', 'main.go', 'dynamodb.go'],
    'a program on the AWS SDK for Go (once; about half a minute)',
  )

/** Builds a program of a folder beside this one: that of its own sources, or of a package that its go.mod names. Tests can move its time. */
export async function buildGo(name, files, what, of = '.') {
  const made = sources(...files.map((file) => `${name}/${file}`), ...clockFiles)
  const missing = await keep(name, made, (folder) => {
    if (!hasGo() && !(install('golang-go') && hasGo()))
      return `no Go 1.${oldest} or newer, and apt-get cannot install one`
    console.log(`building ${what} ...`)
    const source = join(here, name)
    const build = [
      '-C',
      source,
      'build',
      '-mod=readonly',
      '-trimpath',
      ...movableClockOf(folder),
      '-o',
      join(folder, 'program'),
      of,
    ]
    if (!run('go', build)) throw new Error(`go could not build ${source}; see above`)
    return undefined
  })
  return missing === undefined ? { path: join(folderOf(name), 'program') } : { missing }
}

function hasGo() {
  const { stdout, status } = spawnSync('go', ['version'], { encoding: 'utf8' })
  return status === 0 && Number(/go1\.(\d+)/.exec(stdout)?.[1]) >= oldest
}
