// What `hallpass doctor` finds, and that it leaves everything as it was.
import { deepEqual, equal, match, ok } from 'node:assert/strict'
import { readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import type { Finding } from './doctor.ts'
import { invoke, newPath, serving } from './testing/world.ts'

/** A folder that was served once. */
async function served() {
  const data = newPath()
  await (await serving('serve', data)).stop()
  return data
}

async function examined(data: string, ...more: string[]) {
  const { code, out } = await invoke(['doctor', '--json', '--data', data, ...more])
  const { findings } = JSON.parse(out) as { findings: readonly Finding[] }
  return { code, findings, wrong: findings.filter(({ state }) => state === 'bad') }
}

test('a master key that is not there is said once, and none is made', async () => {
  const data = await served()
  rmSync(join(data, 'master.key'))
  const before = readdirSync(data)
  const { code, wrong } = await examined(data)
  equal(code, 1)
  deepEqual(
    wrong.map(({ about }) => about),
    ['master key'],
  )
  match(wrong[0]?.says ?? '', /master\.key is not there/)
  deepEqual(readdirSync(data), before)
  const text = await invoke(['doctor', '--data', data])
  ok(!text.out.includes('key ring'), 'the ring cannot be looked at')
})
