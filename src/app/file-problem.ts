// Explains a file system's error: which path, why, and what to do. Node's own message names a system call and a code.
import { statSync } from 'node:fs'
import { userInfo } from 'node:os'
import { dirname } from 'node:path'

/** Whether an error comes from a system call. */
export const isSystemError = (error: unknown): error is NodeJS.ErrnoException =>
  error instanceof Error && 'syscall' in error && 'code' in error

/** The sentence for the operator; undefined for an error that does not come from the file system. */
export function fileProblem(error: unknown): string | undefined {
  if (!isSystemError(error)) return undefined
  const { code = '', path, syscall = '', message } = error
  // Node's own checks have codes of their own for the same mistakes.
  const reason = reasons[code.replace('ERR_FS_', '')]
  if (path === undefined || reason === undefined) return undefined
  return `${path} cannot be ${participles[syscall] ?? 'used'}: ${reason(path)} (${message.split(',')[0]})`
}

/** What could not be done, by the system call that failed. */
const participles: Readonly<Record<string, string>> = {
  chmod: 'closed to other users',
  mkdir: 'made',
  open: 'opened',
  read: 'read',
  write: 'written',
  rename: 'renamed',
  link: 'made',
  unlink: 'removed',
  rm: 'removed',
  scandir: 'listed',
  copyfile: 'copied',
  lstat: 'read',
  stat: 'read',
  access: 'used',
  connect: 'connected to',
  listen: 'listened on',
}

const reasons: Readonly<Record<string, (path: string) => string>> = {
  EPERM: notPermitted,
  EACCES: notPermitted,
  ENOENT: (path) => `${dirname(path)} does not exist, or takes no files. Make it first, or name another`,
  ENOTDIR: () => 'a part of its path is a file, not a folder. Name another',
  EISDIR: () => 'it is a folder, not a file. Name another',
  EEXIST: () => 'it exists already. Move it away, or name another',
  EROFS: () => 'its disk is mounted read-only. Mount it for writing, or name another',
  ENOSPC: () => 'its disk is full. Make room, then try again',
  EDQUOT: () => 'this user’s quota on its disk is used up. Make room, then try again',
  EMFILE: () => 'this process has too many files open. Raise its limit (ulimit -n)',
  ENFILE: () => 'the machine has too many files open',
  ENAMETOOLONG: () => 'its name is too long. Name another',
  ELOOP: () => 'its symbolic links form a loop. Mend them, or name another',
  EBUSY: () => 'another program uses it. End that first',
  EIO: () => 'its disk fails. Look at the system’s log; restore a backup elsewhere if it stays so',
}

/** Who owns the path or its folder, and as which user this process runs. */
function notPermitted(path: string): string {
  const owner = ownerOf(path) ?? ownerOf(dirname(path))
  const { username, uid } = processUser()
  const user = `hallpass runs as ${username} (${uid})`
  if (owner === undefined || owner.uid === uid) {
    return `${user}, who may not. Check its mode and those of the folders above it`
  }
  return `${owner.path} belongs to user ${owner.uid}, and ${user}. Run hallpass as the owner, or name a path that ${username} owns`
}

function ownerOf(path: string): { readonly path: string; readonly uid: number } | undefined {
  try {
    return { path, uid: statSync(path).uid }
  } catch {
    return undefined
  }
}

function processUser(): { readonly username: string; readonly uid: number } {
  try {
    return userInfo()
  } catch {
    // The user id has no name on this machine, as in a container.
    const uid = process.geteuid?.() ?? -1
    return { username: String(uid), uid }
  }
}
