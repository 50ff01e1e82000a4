// The embedded store passes the conformance suite.

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openSqlite } from './sqlite.ts'
import type { Store } from './store.ts'
import { storeConformance } from './testing/conformance.ts'

storeConformance('SQLite in a file', async ({ collections, ...options }) => {
  const folder = mkdtempSync(join(tmpdir(), 'store-'))
  const opened: Store[] = []
  const open = async (declared = collections) => {
    const store = await openSqlite(join(folder, 'store.db'), declared, { pollMs: 5, ...options })
    opened.push(store)
    return store
  }
  const store = await open()
  return {
    store,
    async reopen(declared) {
      for (const each of opened) await each.close()
      return open(declared)
    },
    second: () => open(),
    async discard() {
      for (const each of opened) await each.close()
      rmSync(folder, { recursive: true })
    },
  }
})
