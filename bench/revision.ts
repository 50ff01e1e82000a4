// Checks out another revision of this repository in a folder of its own, with the packages of this one.
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

export interface Checkout {
  readonly revision: string
  readonly folder: string
}

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const git = (...args: readonly string[]) => execFileSync('git', ['-C', root, ...args], { encoding: 'utf8' }).trim()

/** Checks a revision out, runs `work` with it and removes it again. */
export async function withRevision<T>(name: string, work: (checkout: Checkout) => Promise<T>): Promise<T> {
  const revision = git('rev-parse', '--short', `${name}^{commit}`)
  const folder = join(mkdtempSync(join(tmpdir(), 'hallpass-revision-')), revision)
  git('worktree', 'add', '--detach', '--quiet', folder, revision)
  try {
    symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'))
    return await work({ revision, folder })
  } finally {
    git('worktree', 'remove', '--force', folder)
    rmSync(dirname(folder), { recursive: true, force: true })
  }
}
