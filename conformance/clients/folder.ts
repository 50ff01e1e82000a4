// A data folder for one test file, removed after its tests.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after } from 'node:test'

/** Makes an empty folder that is removed after the file's tests. Call it outside of tests and hooks. */
export function folder(): string {
  const made = mkdtempSync(join(tmpdir(), 'hallpass-clients-'))
  after(() => rmSync(made, { recursive: true, force: true }))
  return made
}
