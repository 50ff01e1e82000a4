// Network namespaces as machines and containers: made, joined by virtual cables, and taken away after the tests.
import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { execPath } from 'node:process'
import { after } from 'node:test'
import { type Ended, runProgram } from './real.ts'
import { withUs } from './served.ts'

const ip = (...args: string[]) => execFileSync('ip', args, { stdio: ['ignore', 'pipe', 'inherit'], encoding: 'utf8' })

export interface Namespace {
  readonly name: string
  /** The words that run a program in it. */
  readonly words: (...program: string[]) => readonly [string, readonly string[]]
  /** Runs a program to its end. */
  run(program: readonly string[], env?: Record<string, string>, input?: string): Promise<Ended>
  /** Starts a program that is ended with the tests; resolves once it has said what `until` matches, to all that it said. */
  start(program: readonly string[], until: RegExp, env?: Record<string, string>): Promise<Started>
}

export interface Started {
  readonly child: ChildProcess
  readonly said: () => string
}

/** A namespace whose loopback is up. */
export function namespace(name: string): Namespace {
  ip('netns', 'add', name)
  after(() => ip('netns', 'del', name))
  const words = (...program: string[]) => ['ip', ['netns', 'exec', name, ...program]] as const
  const one: Namespace = {
    name,
    words,
    run(program, env = {}, input = '') {
      const [file, args] = words(...program)
      return runProgram(file, args, { PATH: process.env.PATH ?? '', ...env }, input)
    },
    start(program, until, env = {}) {
      const [file, args] = words(...program)
      const child = spawn(file, args, {
        env: { PATH: process.env.PATH ?? '', ...env },
        stdio: ['ignore', 'pipe', 'pipe'],
      })
      withUs(child)
      after(() => child.kill('SIGTERM'))
      let said = ''
      return new Promise((resolve, reject) => {
        for (const stream of [child.stdout, child.stderr]) {
          stream.setEncoding('utf8').on('data', (text: string) => {
            said += text
            if (until.test(said)) resolve({ child, said: () => said })
          })
        }
        child.once('close', (code) => reject(new Error(`${program.join(' ')} ended with ${code}: ${said}`)))
      })
    },
  }
  ip('-n', name, 'link', 'set', 'lo', 'up')
  return one
}

/** A cable between two namespaces, with an address (and prefix length) at each end; the second reaches all else through the first. */
export function cable(near: Namespace, nearAddress: string, far: Namespace, farAddress: string): void {
  const [a, b] = [`${near.name}-${far.name}`, `${far.name}-${near.name}`]
  ip('-n', near.name, 'link', 'add', a, 'type', 'veth', 'peer', 'name', b, 'netns', far.name)
  for (const [at, link, address] of [
    [near, a, nearAddress],
    [far, b, farAddress],
  ] as const) {
    ip('-n', at.name, 'addr', 'add', address, 'dev', link)
    ip('-n', at.name, 'link', 'set', link, 'up')
  }
  ip('-n', far.name, 'route', 'add', 'default', 'via', nearAddress.replace(/\/.*$/, ''))
}

/** Lets it pass on what is for others. */
export const forwards = (one: Namespace) => one.run(['sh', '-c', 'echo 1 > /proc/sys/net/ipv4/ip_forward'])

/** A program of a few lines, in JavaScript. */
export const script = (text: string, ...args: string[]): readonly string[] => [execPath, '-e', text, ...args]
