// What somebody typed, before a directory is asked with it.
import type { Secret } from '../../core/secret.ts'

const mostLogin = 256
const mostPasswordBytes = 1024

/** Why it is not asked with; undefined when it may be. */
export function inputProblem(login: string, password: Secret): string | undefined {
  return loginProblem(login) ?? passwordProblem(password.reveal())
}

export function loginProblem(login: string): string | undefined {
  if (login === '') return 'no login'
  if (login.length > mostLogin) return `a login of more than ${mostLogin} characters`
  if (!login.isWellFormed() || /\p{Cc}/u.test(login)) return 'a login with characters that none has'
  return undefined
}

/** INVARIANT: an empty password never reaches a server: it would let in without looking at one (RFC 4513 section 5.1.2). */
function passwordProblem(password: string): string | undefined {
  if (password === '') return 'no password'
  if (Buffer.byteLength(password) > mostPasswordBytes) return `a password of more than ${mostPasswordBytes} bytes`
  if (!password.isWellFormed() || password.includes('\0')) return 'a password with characters that none has'
  return undefined
}
