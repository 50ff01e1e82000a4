// The server and the environment of clients under test: a server whose clock is the machine's, or a little ahead when a test
// says so (the clients sign by the machine's clock, which AWS allows to be fifteen minutes off), and an environment without
// the machine's AWS settings.
import { spawn } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Keys, type TestServer, testServer } from '../clients/server.ts'
import { partPath } from './part.ts'

export interface Real {
  readonly server: TestServer
  /** Home of the clients: empty at first. */
  readonly home: string
  /** The environment of a client that signs with these keys, or with what its profile says. */
  environment(keys?: Keys): Record<string, string>
}

/** The machine's clock, which a test may set: it goes on from there. */
export function movableClock(): { now: Date } {
  let ahead = 0
  return {
    get now() {
      return new Date(Date.now() + ahead)
    },
    set now(time: Date) {
      ahead = time.getTime() - Date.now()
    },
  }
}

/** Starts a server for clients whose home is an empty folder; it is closed after the caller, which is no hook. */
export async function real(home: string): Promise<Real> {
  mkdirSync(join(home, '.aws'))
  const server = await testServer({ clock: movableClock() })
  return {
    server,
    home,
    environment: (keys) => environmentOf(server.url, home, keys),
  }
}

/** The environment of a client of the server at `url`: of this machine's variables only PATH. */
export function environmentOf(url: string, home: string, keys?: Keys): Record<string, string> {
  return {
    PATH: process.env.PATH ?? '',
    HOME: home,
    LC_ALL: 'C.UTF-8',
    AWS_ENDPOINT_URL: url,
    AWS_DEFAULT_REGION: 'us-east-1',
    AWS_PAGER: '',
    AWS_EC2_METADATA_DISABLED: 'true',
    AWS_MAX_ATTEMPTS: '1',
    NO_PROXY: '127.0.0.1',
    ...(keys === undefined ? {} : { AWS_ACCESS_KEY_ID: keys.accessKeyId, AWS_SECRET_ACCESS_KEY: keys.secretAccessKey }),
    ...(keys?.sessionToken === undefined ? {} : { AWS_SESSION_TOKEN: keys.sessionToken }),
  }
}

/** Sections of ~/.aws/config, by profile. */
export function writeConfig(home: string, profiles: Readonly<Record<string, Readonly<Record<string, string>>>>) {
  const sections = Object.entries(profiles).map(([name, settings]) => {
    const lines = Object.entries(settings).map(([key, value]) => `${key} = ${value}`)
    return `[${name === 'default' ? name : `profile ${name}`}]\n${lines.join('\n')}\n`
  })
  writeFileSync(join(home, '.aws', 'config'), sections.join('\n'), { mode: 0o600 })
}

export interface Ended {
  readonly code: number | null
  readonly out: string
  readonly err: string
}

/** A program of the environment that run.js made. */
export const program = (name: string) => join(partPath('PYTHON_CLIENTS'), name)

/** Runs one to its end. */
export const run = (name: string, args: readonly string[], env: Record<string, string>, input = '') =>
  runProgram(program(name), args, env, input)

/** The same of any program. */
export function runProgram(
  file: string,
  args: readonly string[],
  env: Record<string, string>,
  input = '',
): Promise<Ended> {
  return new Promise((resolve, reject) => {
    const child = spawn(file, args, { env, stdio: ['pipe', 'pipe', 'pipe'] })
    let [out, err] = ['', '']
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      out += text
    })
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      err += text
    })
    // A program may end without reading its standard input.
    child.stdin.on('error', () => {}).end(input)
    child.once('error', reject)
    child.once('close', (code) => resolve({ code, out, err }))
  })
}
