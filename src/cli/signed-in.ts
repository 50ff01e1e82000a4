// What the commands of a signed-in person share: which sign-in they mean, and the broker asked with it.
import { Failure } from '../app/failure.ts'
import { NoAnswer, SourceRefused } from '../client/credential-source.ts'
import type { KeptSignIn, SignInFolder } from '../client/kept-sign-in.ts'
import { readServerUrl } from '../client/server-url.ts'
import * as access from '../client/sign-in-access.ts'
import type { SignInServer } from '../client/sign-in-server.ts'
import { FileUnread } from '../client/text-file.ts'
import type { CommandInput, Option, World } from './command.ts'

/** Nobody is signed in, or not any more. */
export class SignedOut extends Failure {}

export const urlOption: Option = {
  kind: 'text',
  value: 'URL',
  says: 'The public URL of Hallpass; by default HALLPASS_URL, or the only one at which there is a sign-in.',
}

export const signInUse = ({ environment, clock, invocation, err }: World): access.SignInUse => ({
  ...{ environment, clock, invocation, platform: process.platform },
  warn: (says) => err(`hallpass: ${says}`),
})

export const folderOf = (world: World): SignInFolder => access.folderOf(signInUse(world))

/** A server's public URL as sign-ins are named by it. @throws Failure for what is none */
export function serverUrl(text: string): string {
  try {
    return readServerUrl(text)
  } catch (error) {
    throw new Failure(`--url: ${(error as Error).message}`, 2)
  }
}

/** The server that a command names; undefined where it names none. */
export function namedUrl({ texts }: CommandInput, { environment }: World): string | undefined {
  const text = texts.url ?? environment.HALLPASS_URL
  return text ? serverUrl(text) : undefined
}

/** The sign-in that a command means. @throws Failure where there is none, or several and none is named */
export function chosenSignIn(input: CommandInput, world: World): KeptSignIn {
  const folder = folderOf(world)
  const url = namedUrl(input, world)
  if (url !== undefined) return signInAt(url, world)
  const all = folder.list()
  const [only] = all
  if (only === undefined)
    throw new Failure(`nobody is signed in here: ${access.loginCommand(signInUse(world))} --url URL`)
  if (all.length === 1) return only
  throw new Failure(`which sign-in? give --url with one of ${all.map((one) => one.url).join(', ')}`, 2)
}

/** @throws Failure where there is none */
export function signInAt(url: string, world: World): KeptSignIn {
  try {
    return access.keptSignInAt(url, signInUse(world))
  } catch (error) {
    throw asFailure(error)
  }
}

/** @throws Failure where its file of authorities cannot be read */
export function serverOf(signIn: Pick<KeptSignIn, 'url' | 'caBundle'>): SignInServer {
  try {
    return access.serverOf(signIn)
  } catch (error) {
    throw asFailure(error)
  }
}

/** Asks the broker. @throws Failure with its message, or with why nobody is signed in any more */
export async function askAsPerson<T extends object>(
  signIn: KeptSignIn,
  world: World,
  path: string,
  body: object,
): Promise<T> {
  try {
    return await access.askAsPerson<T>(signIn, signInUse(world), path, body)
  } catch (error) {
    throw asFailure(error)
  }
}

/** What a source of credentials says, as the end of a command. */
export function asFailure(error: unknown): unknown {
  if (error instanceof SourceRefused)
    return error.code === access.signedOut ? new SignedOut(error.message) : new Failure(error.message)
  return error instanceof NoAnswer || error instanceof FileUnread ? new Failure(error.message) : error
}
