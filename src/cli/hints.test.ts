// Advised commands can be pasted: they name the same folder, quoted, and suit the folder's store.
import { equal, ok } from 'node:assert/strict'
import { copyFileSync, mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { invoke, newPath, serving } from './testing/world.ts'

for (const command of ['dev', 'serve'] as const) {
  test(`for a folder that ${command} made, messages advise ${command}`, async () => {
    const data = `${newPath()} with a space`
    await (await serving(command, data)).stop()
    const { code, err } = await invoke(['env', '--data', data])
    equal(code, 1)
    ok(err.includes(`start one with \`hallpass ${command} --data '${data}'\`, then`), err)
    const { out } = await invoke(['doctor', '--data', data])
    ok(out.includes(`-> \`hallpass ${command} --data '${data}'\``), out)
  })
}

test('for a folder that does not exist, messages advise serve', async () => {
  const data = newPath()
  const { err } = await invoke(['env', '--data', data])
  ok(err.includes(`start one with \`hallpass serve --data ${data}\`, then`), err)
  const { err: none } = await invoke(['keys', 'list', '--data', `${data} x`])
  ok(none.includes(`\`hallpass serve --data '${data} x'\` makes one`), none)
})

test('messages advise root reset for a restored folder, and for one without root credentials', async () => {
  const served = await serving('serve', newPath())
  const copy = newPath()
  await invoke(['backup', copy, '--data', served.data])
  const data = `${newPath()} restored`
  mkdirSync(data)
  copyFileSync(join(served.data, 'master.key'), join(data, 'master.key'))
  const restored = await invoke(['restore', copy, '--data', data])
  ok(restored.err.endsWith(`: hallpass root reset --data '${data}'`), restored.err)
  const master = join(served.data, 'master.key')
  const elsewhere = newPath()
  const other = await invoke(['restore', copy, '--data', elsewhere, '--master-key-file', master])
  ok(other.err.endsWith(`: hallpass root reset --master-key-file ${master} --data ${elsewhere}`), other.err)
  rmSync(join(served.data, 'root-credentials.json'))
  const { err } = await invoke(['env', '--data', served.data])
  ok(err.endsWith(`: hallpass root reset --data ${served.data}`), err)
})
