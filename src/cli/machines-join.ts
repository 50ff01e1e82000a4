// hallpass machines join: on the machine itself, makes its key and joins with it.
import { resolve } from 'node:path'
import { Failure } from '../app/failure.ts'
import { fileProblem } from '../app/file-problem.ts'
import { textFile } from '../app/text-file.ts'
import { SourceRefused } from '../client/credential-source.ts'
import { isThere } from '../client/folder.ts'
import type { SignInServer } from '../client/sign-in-server.ts'
import { enrolmentFile, joinMachine } from '../client/workload.ts'
import type { Command, CommandInput, World } from './command.ts'
import { namedUrl } from './signed-in.ts'

export const machinesJoin: Command = {
  name: 'machines join',
  says: 'On a machine: make a key for it, and join with the token that `hallpass machines add` printed.',
  takes: '[TOKEN]',
  options: {
    url: { kind: 'text', value: 'URL', says: 'The public URL of Hallpass; by default HALLPASS_URL.' },
    'token-file': {
      kind: 'text',
      value: 'FILE',
      says: 'The token, instead of an argument that others on the machine see.',
    },
    file: {
      kind: 'text',
      value: 'FILE',
      says: 'Where key and enrolment are kept; by default HALLPASS_MACHINE_FILE, or machine.json in ~/.local/state/hallpass.',
    },
    'ca-bundle': {
      kind: 'text',
      value: 'FILE',
      says: 'Certificate authorities to trust, from now on; by default AWS_CA_BUNDLE.',
    },
    replace: { kind: 'switch', says: 'Replace the enrolment that is in the file.' },
    json: { kind: 'switch', says: 'Print JSON.' },
  },
  settings: [],
  async run(input, world) {
    const { texts, switches } = input
    const file = resolve(texts.file ?? enrolmentFile(world.environment))
    if (isThere(file) && switches.replace !== true)
      throw new Failure(`this machine has joined: ${file} is there. Give --replace to join anew, or another --file`)
    const { server, caBundle } = serverOf(input, world)
    const token = tokenOf(input)
    try {
      const { machine, name, account, region } = await joinMachine(server, token, file, caBundle)
      if (switches.json === true) world.out(JSON.stringify({ machine, name, account, region, file }, undefined, 2))
      else world.out(`joined as ${name} (${machine}) of account ${account} in ${region}; the key is in ${file}`)
      return 0
    } catch (error) {
      if (error instanceof SourceRefused) throw new Failure(error.message)
      throw new Failure(fileProblem(error) ?? (error as Error).message)
    }
  },
}

function tokenOf({ texts, rest }: CommandInput): string {
  const file = texts['token-file']
  if ((file === undefined) === (rest[0] === undefined))
    throw new Failure('give the join token as an argument, or --token-file', 2)
  return file === undefined ? (rest[0] ?? '') : textFile(file, 'token-file').trim()
}

/** Where Hallpass is, and the file of the authorities to trust on the way. */
function serverOf(input: CommandInput, world: World): { readonly server: SignInServer; readonly caBundle?: string } {
  const url = namedUrl(input, world)
  if (url === undefined) throw new Failure('where is Hallpass? give --url, or set HALLPASS_URL', 2)
  const named = input.texts['ca-bundle'] ?? (world.environment.AWS_CA_BUNDLE || undefined)
  if (named === undefined || !url.startsWith('https:')) return { server: { url } }
  const caBundle = resolve(named)
  return { server: { url, ca: textFile(caBundle, 'ca-bundle') }, caBundle }
}
