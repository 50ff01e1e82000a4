// A Go program on the AWS SDK for Go v2 (go/): built once for what its go.sum names.
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { install, run } from './debian.js'
import { folderOf, here, keep, sources } from './kept.js'

/** The oldest Go that the SDK takes. */
const oldest = 24

/** Builds it; `path` is the program. */
export async function prepareGoProgram() {
  const missing = await keep('go', sources('go/go.mod', 'go/go.sum', 'go/main.go', 'go/dynamodb.go'), (folder) => {
    if (!hasGo() && !(install('golang-go') && hasGo()))
      return `no Go 1.${oldest} or newer, and apt-get cannot install one`
    console.log('building a program on the AWS SDK for Go (once; about half a minute) ...')
    const source = join(here, 'go')
    const build = ['-C', source, 'build', '-mod=readonly', '-trimpath', '-o', join(folder, 'program'), '.']
    if (!run('go', build)) throw new Error(`go could not build ${source}; see above`)
    return undefined
  })
  return missing === undefined ? { path: join(folderOf('go'), 'program') } : { missing }
}

function hasGo() {
  const { stdout, status } = spawnSync('go', ['version'], { encoding: 'utf8' })
  return status === 0 && Number(/go1\.(\d+)/.exec(stdout)?.[1]) >= oldest
}
