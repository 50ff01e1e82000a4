// A person's sign-in as their machine keeps it: a file that says whose it is and where, its tokens in the system's keyring or else in a
// file of mode 0600, and a folder of the credentials that it was given. `forget` removes all of them.
import { createHash, randomBytes } from 'node:crypto'
import { readdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { type Environment, homeOf, stateFolder } from './folder.ts'
import type { Keyring } from './keyring.ts'
import { lock } from './lock.ts'
import { writeWhole } from './whole-file.ts'

export interface KeptSignIn {
  /** The server's public URL: there is one sign-in at each. */
  readonly url: string
  /** A file of certificate authorities. */
  readonly caBundle?: string
  readonly connector: string
  readonly login: string
  /** ISO 8601: whatever is renewed in it. */
  readonly endsAt: string
  /** Another for each sign-in, so that nothing of an earlier one is used for a later one. */
  readonly mark: string
  readonly tokensAre: 'in the keyring' | 'in a file'
}

export interface KeptTokens {
  readonly refreshToken: string
  readonly accessToken: string
  /** ms since 1970. */
  readonly accessEndsAt: number
}

export interface SignInFolder {
  /** All that are kept. */
  list(): readonly KeptSignIn[]
  find(url: string): KeptSignIn | undefined
  /** Replaces the sign-in at its server. */
  keep(signIn: Omit<KeptSignIn, 'mark' | 'tokensAre'>, tokens: KeptTokens): Promise<KeptSignIn>
  /** Undefined: they are gone, or the keyring is locked. */
  tokensOf(signIn: KeptSignIn): Promise<KeptTokens | undefined>
  replaceTokens(signIn: KeptSignIn, tokens: KeptTokens): Promise<void>
  forget(signIn: KeptSignIn): Promise<void>
  /** Where credentials that come of it are cached. */
  credentialsOf(signIn: KeptSignIn): string
  /** Waits until no other process works on this sign-in. */
  lock(url: string, warn: (problem: string) => void): Promise<() => void>
}

const hashOf = (url: string) => createHash('sha256').update(url).digest('hex').slice(0, 16)

/** `keyring`: the system's, where it has one. @throws the system's errors about files */
export function signInFolder(environment: Environment, keyring: Keyring | undefined): SignInFolder {
  const folder = join(stateFolder(environment), 'sign-ins')
  const cache = join(environment.XDG_CACHE_HOME || join(homeOf(environment), '.cache'), 'hallpass', 'sign-ins')
  const recordFile = (url: string) => join(folder, `${hashOf(url)}.json`)
  const tokensFile = (url: string) => join(folder, `${hashOf(url)}.tokens`)

  function read(file: string): KeptSignIn | undefined {
    try {
      const kept = JSON.parse(readFileSync(file, 'utf8')) as Partial<KeptSignIn>
      return kept.url && kept.mark && kept.login !== undefined ? (kept as KeptSignIn) : undefined
    } catch {
      return undefined
    }
  }

  /** INVARIANT: tokens are in one place; where one takes them, the other has none left. */
  async function storeTokens(url: string, tokens: KeptTokens): Promise<KeptSignIn['tokensAre']> {
    const text = Buffer.from(JSON.stringify(tokens)).toString('base64url')
    if (keyring !== undefined) {
      if (await keyring.store(url, text)) {
        rmSync(tokensFile(url), { force: true })
        return 'in the keyring'
      }
      await keyring.remove(url)
    }
    writeWhole(tokensFile(url), `${text}\n`)
    return 'in a file'
  }

  async function lookTokens({ url, tokensAre }: KeptSignIn): Promise<string | undefined> {
    if (tokensAre === 'in the keyring') return keyring?.look(url)
    try {
      return readFileSync(tokensFile(url), 'utf8')
    } catch {
      return undefined
    }
  }

  const credentialsOf = ({ url }: Pick<KeptSignIn, 'url'>) => join(cache, hashOf(url))

  const kept: SignInFolder = {
    list() {
      let names: readonly string[] = []
      try {
        names = readdirSync(folder)
      } catch {
        // Nobody has signed in on this machine yet.
      }
      return names.filter((name) => name.endsWith('.json')).flatMap((name) => read(join(folder, name)) ?? [])
    },
    find: (url) => read(recordFile(url)),
    async keep(signIn, tokens) {
      rmSync(credentialsOf(signIn), { recursive: true, force: true })
      const tokensAre = await storeTokens(signIn.url, tokens)
      const whole: KeptSignIn = { ...signIn, mark: randomBytes(8).toString('hex'), tokensAre }
      writeWhole(recordFile(signIn.url), `${JSON.stringify(whole, undefined, 2)}\n`)
      return whole
    },
    async tokensOf(signIn) {
      try {
        const text = (await lookTokens(signIn)) ?? ''
        return JSON.parse(Buffer.from(text, 'base64url').toString()) as KeptTokens
      } catch {
        return undefined
      }
    },
    async replaceTokens(signIn, tokens) {
      const tokensAre = await storeTokens(signIn.url, tokens)
      if (tokensAre !== signIn.tokensAre)
        writeWhole(recordFile(signIn.url), `${JSON.stringify({ ...signIn, tokensAre }, undefined, 2)}\n`)
    },
    async forget({ url, tokensAre }) {
      if (tokensAre === 'in the keyring') await keyring?.remove(url)
      rmSync(tokensFile(url), { force: true })
      rmSync(recordFile(url), { force: true })
      rmSync(credentialsOf({ url }), { recursive: true, force: true })
    },
    credentialsOf,
    async lock(url, warn) {
      return (await lock(folder, hashOf(url), warn)) ?? (() => {})
    },
  }
  return kept
}
