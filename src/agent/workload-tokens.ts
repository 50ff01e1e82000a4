// Which workload a token is of. Tokens stand in files that an operator, or whatever starts the workloads, may write anew at any time.
import { digest } from '../core/digest.ts'

export interface TokenFile<W> {
  readonly workload: W
  /** The file's text now, or a sentence that says why it is not believed. */
  readonly read: () => { readonly text: string } | { readonly problem: string }
}

export interface TokenParts {
  readonly clock: () => Date
  /** Gets a sentence when a file can be used no more. */
  readonly report: (says: string) => void
}

/** How long a token that is in no file any more may still be taken. */
const readForMs = 1000
const leastLength = 16

/** What is wrong with a token; SDKs refuse one with a line break, also at the end of its file. */
function tokenProblem(text: string): string | undefined {
  if (text.endsWith('\n'))
    return 'the file ends with a line break, with which SDKs send no token: write it with `printf %s`'
  if (!/^[\x21-\x7e]+$/.test(text)) return 'the token has characters that no header carries'
  return text.length < leastLength ? `the token has fewer than ${leastLength} characters` : undefined
}

/**
 * The owner of a token.
 *
 * INVARIANT: tokens are looked up by their SHA-256: how long it takes does not tell how much of a guess is right. A token that two
 * workloads have is nobody's.
 */
export function tokenOwners<W extends { readonly name: string }>(
  files: readonly TokenFile<W>[],
  { clock, report }: TokenParts,
): (token: string) => W | undefined {
  const said = new Map<W, string>()
  let [readAt, owners] = [Number.NEGATIVE_INFINITY, new Map<string, W | undefined>()]

  /** Told once, until it changes. */
  function tell(workload: W, problem: string | undefined): void {
    if (problem !== undefined && said.get(workload) !== problem) report(`the token of ${workload.name}: ${problem}`)
    if (problem === undefined) said.delete(workload)
    else said.set(workload, problem)
  }

  function readAll(): Map<string, W | undefined> {
    const found = new Map<string, W | undefined>()
    for (const { workload, read } of files) {
      const file = read()
      const key = 'problem' in file ? '' : digest(file.text)
      const problem = 'problem' in file ? file.problem : tokenProblem(file.text)
      tell(workload, problem ?? (found.has(key) ? 'another workload has it too: neither gets credentials' : undefined))
      if (problem === undefined) found.set(key, found.has(key) ? undefined : workload)
    }
    return found
  }

  return (token) => {
    const now = clock().getTime()
    if (now < readAt || now - readAt >= readForMs) [readAt, owners] = [now, readAll()]
    return token === '' ? undefined : owners.get(digest(token))
  }
}
