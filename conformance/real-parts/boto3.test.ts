// The acceptance flow with boto3: boto3_flow.py does it, each of its steps is a test here.
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { folder } from '../clients/folder.ts'
import { program, real } from './real.ts'

const script = fileURLToPath(new URL('boto3_flow.py', import.meta.url))
const home = folder()

type Line = { readonly move: number } | { readonly step: string; readonly error?: string }

test('boto3 runs the flow unmodified', async (t) => {
  const { server, environment } = await real(home)
  const child = spawn(program('python3'), [script], {
    env: { ...environment(server.root), FLOW_ACCOUNT: server.account },
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve))
  let steps = 0
  for await (const text of createInterface({ input: child.stdout })) {
    const line = JSON.parse(text) as Line
    if ('move' in line) {
      await server.move(line.move * 1000)
      child.stdin.write('\n')
      continue
    }
    steps++
    await t.test(line.step, () => assert.equal(line.error, undefined, line.error))
  }
  assert.equal(await ended, 0)
  assert.equal(steps, 10)
  assert.deepEqual(server.reported, [])
})
