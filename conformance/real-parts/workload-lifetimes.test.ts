// Programs without a key through three lifetimes of an hour: Hallpass gives no answer for half of the second one, and is restarted in
// the third. No call fails. Runs alone: boto3 waits one second for instance metadata.
import assert from 'node:assert/strict'
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process'
import { execPath } from 'node:process'
import { after, test } from 'node:test'
import { setTimeout } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { describeWith, partPath } from './part.ts'
import { program, runProgram } from './real.ts'
import { ended, withUs } from './served.ts'
import { talking } from './talking.ts'
import { type Endpoint, type LongLived, longLived } from './workload-lifetimes-kit.ts'

const here = (file: string) => fileURLToPath(new URL(file, import.meta.url))
const isThere = (part: string) => process.env[`HALLPASS_REAL_${part}`] !== undefined

interface Told {
  readonly Arn?: string
  readonly Key?: string
  readonly Message?: string
}

/** Programs that run for long and answer a line with a line, and the part that each is of. */
const programs = [
  { name: 'the SDK for JavaScript', part: 'FAKETIME', words: () => [execPath, here('who-am-i.js')] },
  { name: 'boto3', part: 'PYTHON_CLIENTS', words: () => [program('python'), here('who_am_i.py')] },
  { name: 'the SDK for Go', part: 'GO_PROGRAM', words: () => [partPath('GO_PROGRAM'), 'who'] },
]

/** Programs of one call. They keep nothing, so they call once in each lifetime: at these minutes. */
const commands = [{ name: 'the AWS CLI 1', part: 'PYTHON_CLIENTS', file: () => program('aws') }]
const commandsCall = new Set([20, 80, 170])

const minutes = { step: 10, all: 180, outage: { from: 60, to: 90 }, restart: 150 }

interface Row {
  readonly name: string
  readonly endpoint: Endpoint
  readonly keys: Set<string>
  readonly failed: string[]
  calls: number
  /** Undefined when it does not call at this minute. */
  call(minute: number): Promise<Told> | undefined
}

describeWith('FAKETIME', 'through three lifetimes of credentials', (library) =>
  describeWith('ROLES_ANYWHERE_HELPER', 'programs without a key', (helper) => lifetimes(library, helper)),
)

async function lifetimes(library: string, helper: string): Promise<void> {
  // Each program that runs is ended with this process.
  process.setMaxListeners(100)
  const world = await longLived(library, helper)
  const stay = world.endpoints.flatMap((endpoint) =>
    programs.filter(({ part }) => isThere(part)).map(({ name, words }) => running(world, endpoint, name, words())),
  )
  const come = world.endpoints.flatMap((endpoint) =>
    commands.filter(({ part }) => isThere(part)).map(({ name, file }) => repeated(world, endpoint, name, file())),
  )

  test('time passes, with an outage and a restart', async () => {
    for (let minute = 0; minute <= minutes.all; minute += minutes.step) {
      if (minute > 0) await world.pass(minutes.step)
      // One after another: boto3 waits a second for instance metadata, and the processors are few.
      await Promise.all(stay.map((row) => ask(row, minute)))
      await Promise.all(come.map((row) => ask(row, minute)))
      if (minute === minutes.outage.from) world.answers(false)
      if (minute === minutes.outage.to) world.answers(true)
      if (minute === minutes.restart) await world.restart()
    }
    assert.match(world.said(), /renewed again/)
  })

  for (const row of [...stay, ...come])
    test(`${row.name} has a role by ${row.endpoint.name}, and no call fails`, () => {
      assert.deepEqual(row.failed, [], world.said())
      assert.ok(row.calls >= commandsCall.size - 1, String(row.calls))
      // What says which key it has had one more for each lifetime.
      assert.ok(row.keys.size === 0 || row.keys.size >= 3, String(row.keys.size))
    })
}

async function ask(row: Row, minute: number): Promise<void> {
  const answer = row.call(minute)
  if (answer === undefined) return
  const late = setTimeout(60_000, { Message: 'no answer in a minute' }, { ref: false })
  const { Arn = '', Key, Message }: Told = await Promise.race([answer, late])
  row.calls++
  if (!row.endpoint.arn.test(Arn)) row.failed.push(`minute ${minute}: ${Arn} ${Message}`)
  if (Key !== undefined) row.keys.add(Key)
}

const isOutage = (minute: number) => minute > minutes.outage.from && minute <= minutes.outage.to

function running(world: LongLived, endpoint: Endpoint, name: string, words: readonly string[]): Row {
  const [file = '', ...args] = words
  const child: ChildProcessWithoutNullStreams = spawn(file, args, { env: world.environment(endpoint) })
  withUs(child)
  after(() => ended(child))
  const { ask } = talking<Told>(child)
  return {
    ...{ name, endpoint, keys: new Set(), failed: [], calls: 0 },
    call: () => ask().catch(({ message: Message }: Error) => ({ Message })),
  }
}

function repeated(world: LongLived, endpoint: Endpoint, name: string, file: string): Row {
  const env = world.environment(endpoint)
  return {
    ...{ name, endpoint, keys: new Set(), failed: [], calls: 0 },
    call(minute) {
      if (!commandsCall.has(minute) || (endpoint.asksItself === true && isOutage(minute))) return undefined
      return runProgram(file, ['sts', 'get-caller-identity', '--output', 'json'], env).then(({ code, out, err }) =>
        code === 0 ? (JSON.parse(out) as Told) : { Message: err },
      )
    },
  }
}
