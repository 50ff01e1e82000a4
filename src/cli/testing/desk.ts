// A person with a home folder and a browser, at the commands of a sign-in.
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { readSections } from '../../client/aws-files.ts'
import { visit } from './sign-in-server.ts'
import { type Circumstances, invoke, newPath } from './world.ts'

export interface Desk extends Circumstances {
  readonly environment: Readonly<Record<string, string>>
  readonly opened: string[]
}

/** A person with a home folder and a browser. */
export function desk(more: Partial<Circumstances> = {}, environment: Readonly<Record<string, string>> = {}): Desk {
  const opened: string[] = []
  return {
    environment: { HOME: newPath(), ...environment },
    opened,
    openPage: (url) => {
      opened.push(url)
      void visit(url)
    },
    ...more,
  } as Desk
}
export const config = ({ environment: { HOME = '' } }: Desk) => join(HOME, '.aws', 'config')
export const kept = ({ environment: { HOME = '' } }: Desk) => join(HOME, '.local', 'state', 'hallpass', 'sign-ins')
export const profile = (at: Desk, name = 'hallpass') => readSections(config(at)).get(`profile ${name}`)

/** Runs what the profile's credential_process says. */
export async function process(at: Desk, name = 'hallpass', how: Partial<Circumstances> = {}) {
  const [program, ...words] = (profile(at, name)?.credential_process ?? '').split(' ')
  assert.equal(program, 'hallpass')
  return invoke(words, { ...at, ...how })
}
