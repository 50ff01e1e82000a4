// Java, and a program on the AWS SDK for Java 2 (java/): the archives that jars.txt pins, from Maven Central, and the source
// compiled once.
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { install, run } from './debian.js'
import { download, mavenRepository } from './download.js'
import { folderOf, here, keep, sources } from './kept.js'

const oldest = 17
const list = 'java/jars.txt'
const programs = ['java/Program.java', 'java/Notes.java']

/** Whether there is a Java that is new enough, installed if need be. */
export const hasJava = () => isThere('java') || (install('default-jre-headless') && isThere('java'))

/** Compiles it; `path` is the class path, the class is `Program`. */
export async function prepareJavaProgram() {
  const missing = await keep('java', sources(list, ...programs), async (folder) => {
    if (!isThere('javac') && !(install('default-jdk-headless') && isThere('javac')))
      return `no JDK of Java ${oldest} or newer, and apt-get cannot install one`
    console.log('fetching the AWS SDK for Java, 12 MB, and compiling a program on it (once; about ten seconds) ...')
    for (const { path, sha256, file } of jars())
      await download(`${mavenRepository}/${path}`, sha256, join(folder, file))
    const classPath = jars().map(({ file }) => join(folder, file))
    const files = programs.map((file) => join(here, file))
    if (!run('javac', ['-encoding', 'UTF-8', '-cp', classPath.join(delimiter), '-d', folder, ...files]))
      throw new Error(`javac could not compile ${programs.join(' and ')}; see above`)
    return undefined
  })
  if (missing !== undefined) return { missing }
  const folder = folderOf('java')
  return { path: [folder, ...jars().map(({ file }) => join(folder, file))].join(delimiter) }
}

function jars() {
  const lines = readFileSync(join(here, list), 'utf8').split('\n')
  return lines
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => {
      const [sha256, coordinates] = line.split(/ +/)
      const [group, name, version] = coordinates.split(':')
      const file = `${name}-${version}.jar`
      return { sha256, file, path: `${group.replaceAll('.', '/')}/${name}/${version}/${file}` }
    })
}

function isThere(program) {
  const { stdout, stderr, status } = spawnSync(program, ['-version'], { encoding: 'utf8' })
  return status === 0 && Number(/(?:version "|javac )(\d+)/.exec(`${stderr}${stdout}`)?.[1]) >= oldest
}
