// The file of the root credentials in the data folder, mode 0600. A new key is written to a staged file before the store
// commits it, and renamed to the current file after.
import { chmodSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { addCredentials, awsFiles, readSections, sectionOf } from '../../client/aws-files.ts'
import { isThere } from '../../client/folder.ts'
import { Secret } from '../../core/secret.ts'
import type { RootKey } from '../../service/bootstrap.ts'

/** The path of a data folder's root credentials. */
export const rootFile = (data: string) => join(data, 'root-credentials.json')

/** Writes a key that is not in the store yet. After a crash between the commit and `keepRoot`, `settleRoot` picks it up. */
export function stageRoot(data: string, root: RootKey) {
  const file = `${rootFile(data)}.new`
  const { account, accessKeyId, secret } = root
  const text = JSON.stringify(
    { AccountId: account, AccessKeyId: accessKeyId, SecretAccessKey: secret.reveal() },
    null,
    2,
  )
  rmSync(file, { force: true })
  writeFileSync(file, `${text}\n`, { mode: 0o600, flag: 'wx', flush: true })
  chmodSync(file, 0o600)
}

/** Makes the staged key the current one, once the store has it. */
export function keepRoot(data: string) {
  if (isThere(`${rootFile(data)}.new`)) renameSync(`${rootFile(data)}.new`, rootFile(data))
}

/** Writes the current key to the root profile, if `dev` has made one: the old key no longer works. */
export function refreshRootProfile(data: string) {
  const root = readRoot(data)
  if (root !== undefined && readSections(awsFiles(data).credentials).has('root')) {
    addCredentials(data, new Map([['root', sectionOf(root)]]))
  }
}

/** Completes or discards what a crash left: `isStored` tells whether the store has the staged key. */
export async function settleRoot(data: string, isStored: (root: RootKey) => Promise<boolean>) {
  const staged = read(`${rootFile(data)}.new`)
  if (staged === undefined) return
  if (await isStored(staged)) keepRoot(data)
  else rmSync(`${rootFile(data)}.new`, { force: true })
}

/** Reads the root credentials of a data folder; undefined when there are none. */
export const readRoot = (data: string): RootKey | undefined => read(rootFile(data))

function read(file: string): RootKey | undefined {
  if (!isThere(file)) return undefined
  try {
    const { AccountId, AccessKeyId, SecretAccessKey } = JSON.parse(readFileSync(file, 'utf8')) as Record<string, string>
    if (AccountId && AccessKeyId && SecretAccessKey) {
      return { account: AccountId, accessKeyId: AccessKeyId, secret: new Secret(SecretAccessKey) }
    }
  } catch {
    // Half-written, or not ours: treated as absent.
  }
  return undefined
}
