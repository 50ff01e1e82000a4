// A file system's error in words: which path, why, and what to do. Its own message names a system call and a number's name.
import { statSync } from 'node:fs'
import { userInfo } from 'node:os'
import { dirname } from 'node:path'

/** Whether an error is the system's own, of a call on a path. */
export const isSystemError = (error: unknown): error is NodeJS.ErrnoException =>
  error instanceof Error && 'syscall' in error && 'code' in error

/** The sentence for the operator; undefined for an error that is none of the file system's. */
export function fileProblem(error: unknown): string | undefined {
  if (!isSystemError(error)) return undefined
  const { code = '', path, syscall = '', message } = error
  // Node's own checks have codes of their own for the same.
  const say = problems[code.replace('ERR_FS_', '')]
  if (path === undefined || say === undefined) return undefined
  return `${path} cannot be ${done[syscall] ?? 'used'}: ${say(path)} (${message.split(',')[0]})`
}

/** What was tried, by the system call. */
const done: Readonly<Record<string, string>> = {
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
  lstat: 'looked at',
  stat: 'looked at',
  access: 'used',
  connect: 'connected to',
  listen: 'listened on',
}

const problems: Readonly<Record<string, (path: string) => string>> = {
  EPERM: mine,
  EACCES: mine,
  ENOENT: (path) => `${dirname(path)} is not there, or takes no files. Make it first, or name another`,
  ENOTDIR: () => 'something in its path is a file and no folder. Name another',
  EISDIR: () => 'it is a folder, and a file is wanted. Name another',
  EEXIST: () => 'it is there already. Move it away, or name another',
  EROFS: () => 'its disk is mounted read-only. Mount it for writing, or name another',
  ENOSPC: () => 'its disk is full. Make room, then try again',
  EDQUOT: () => 'the quota of this user on its disk is used up. Make room, then try again',
  EMFILE: () => 'this process has too many files open. Raise its limit (ulimit -n)',
  ENFILE: () => 'the machine has too many files open',
  ENAMETOOLONG: () => 'its name is too long. Name another',
  ELOOP: () => 'its symbolic links lead in a circle. Mend them, or name another',
  EBUSY: () => 'another program uses it. End that first',
  EIO: () => 'its disk fails. Look at the system’s log; restore a backup elsewhere if it stays so',
}

/** Whose the path is, or what it is in, and who this is. */
function mine(path: string): string {
  const owner = ownerOf(path) ?? ownerOf(dirname(path))
  const { username, uid } = who()
  const me = `this is ${username} (${uid})`
  if (owner === undefined || owner.uid === uid) {
    return `${me}, who may not. Look at the modes of it and of the folders that it is in`
  }
  return `${owner.path} belongs to user ${owner.uid}, and ${me}. Run it as its owner, or name a path of this user's own`
}

function ownerOf(path: string): { readonly path: string; readonly uid: number } | undefined {
  try {
    return { path, uid: statSync(path).uid }
  } catch {
    return undefined
  }
}

function who(): { readonly username: string; readonly uid: number } {
  try {
    return userInfo()
  } catch {
    // A user id that has no name here, as in a container.
    const uid = process.geteuid?.() ?? -1
    return { username: String(uid), uid }
  }
}
