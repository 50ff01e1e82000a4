// The profile of `hallpass login`, and `hallpass exec`, as stock clients have them for three lifetimes of their credentials. Nobody is
// at the browser after the first sign-in. Server, clients and executable have one time, which the test moves.
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { authority } from '../../src/federation/testing/idp.ts'
import { folder } from '../clients/folder.ts'
import { commandLineWorld } from '../clients/hallpass-login-kit.ts'
import { describeWith, partPath } from './part.ts'
import { movableClock, program, runProgram } from './real.ts'
import { hallpass, logInOverSsh } from './shell-sign-in.ts'
import { talking } from './talking.ts'

const here = (file: string) => fileURLToPath(new URL(file, import.meta.url))
const arn = /^arn:aws:sts::111122223333:assumed-role\/Reader\/ann-[a-z2-7]{10}$/

interface Identity {
  readonly Arn: string
  readonly Key?: string
}

describeWith('FAKETIME', 'after hallpass login', async (library) => {
  const clock = movableClock()
  const { server, url, asAtFirst, allow } = await commandLineWorld(clock)
  await asAtFirst()
  const home = folder()
  const [time, ca] = [join(home, 'time'), join(home, 'ca.pem')]
  mkdirSync(join(home, '.aws'))
  writeFileSync(ca, authority)
  const setTime = () => writeFileSync(time, `+${Math.round((clock.now.getTime() - Date.now()) / 1000)}s\n`)
  setTime()
  const env = {
    ...{ PATH: process.env.PATH ?? '', HOME: home, LC_ALL: 'C.UTF-8', NO_PROXY: '127.0.0.1,localhost' },
    ...{ AWS_PAGER: '', AWS_EC2_METADATA_DISABLED: 'true', AWS_MAX_ATTEMPTS: '1' },
    ...{
      LD_PRELOAD: library,
      FAKETIME_TIMESTAMP_FILE: time,
      FAKETIME_NO_CACHE: '1',
      FAKETIME_DONT_FAKE_MONOTONIC: '1',
    },
  }
  async function pass(seconds: number) {
    await server.move(seconds * 1000)
    setTime()
  }
  const options = ['--url', url, '--ca-bundle', ca, '--role', 'reader', '--profile', 'work']
  const codeOf = async (address: string) => /<pre>([^<]+)</.exec(await allow(address, 'ann'))?.[1] ?? ''
  assert.match(await logInOverSsh(options, env, codeOf), /The profile work in /)

  /** Asks a program who it is, for three lifetimes: once at the beginning of each, and once more near its end. */
  async function throughThree(ask: () => Promise<Identity>): Promise<void> {
    const keys = new Set<string | undefined>()
    for (let lifetime = 0; lifetime < 3; lifetime++) {
      for (const seconds of [500, 400]) {
        const { Arn, Key } = await ask()
        assert.match(Arn, arn)
        keys.add(Key)
        await pass(seconds)
      }
    }
    assert.ok(keys.has(undefined) || keys.size >= 3)
  }

  const withCli = (aws: string) => async (): Promise<Identity> => {
    const { code, out, err } = await runProgram(aws, ['sts', 'get-caller-identity', '--output', 'json'], {
      ...env,
      AWS_PROFILE: 'work',
    })
    assert.equal(code, 0, err)
    return JSON.parse(out) as Identity
  }

  describeWith('PYTHON_CLIENTS', 'AWS CLI 1 and boto3', () => {
    test('the AWS CLI 1 is served by the profile', () => throughThree(withCli(program('aws'))))

    test('a program on boto3 that runs for long is served by the profile', async () => {
      const { ask, end } = talking<Identity>(
        spawn(program('python'), [here('who_am_i.py')], { env: { ...env, AWS_PROFILE: 'work' } }),
      )
      await throughThree(ask)
      assert.equal(await end(), 0)
    })

    test('a program on boto3 under exec is served by its endpoint', async () => {
      const words = ['exec', '--role', 'reader', '--', program('python'), here('who_am_i.py')]
      const { ask, end } = talking<Identity>(spawn(hallpass[0], [...hallpass.slice(1), ...words], { env }))
      await throughThree(ask)
      assert.equal(await end(), 0)
    })

    test('the AWS CLI 1 under exec is served by its endpoint', () =>
      throughThree(async () => {
        const words = [
          'exec',
          '--role',
          'reader',
          '--',
          program('aws'),
          'sts',
          'get-caller-identity',
          '--output',
          'json',
        ]
        const { code, out, err } = await runProgram(hallpass[0], [...hallpass.slice(1), ...words], env)
        assert.equal(code, 0, err)
        return JSON.parse(out) as Identity
      }))
  })

  describeWith('AWS_CLI_V2', 'AWS CLI 2', () => {
    test('it is served by the profile', () => throughThree(withCli(partPath('AWS_CLI_V2'))))
  })

  test('a program on the SDK for JavaScript that runs for long is served by the profile, and under exec', async () => {
    const script = here('who-am-i.js')
    const trusting = { ...env, NODE_EXTRA_CA_CERTS: ca }
    for (const [words, more] of [
      [[process.execPath, script], { AWS_PROFILE: 'work' }],
      [[...hallpass, 'exec', '--role', 'reader', '--', process.execPath, script], {}],
    ] as const) {
      const [file = '', ...rest] = words
      const { ask, end } = talking<Identity>(spawn(file, rest, { env: { ...trusting, ...more } }))
      await throughThree(ask)
      assert.equal(await end(), 0)
    }
  })
})
