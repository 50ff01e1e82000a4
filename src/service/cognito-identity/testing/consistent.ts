// Whether identities and the logins that lead to them agree, whatever happened to the requests that wrote them.
import assert from 'node:assert/strict'
import type { Collection, Reader } from '../../../store/store.ts'
import { identities, loginLinks } from '../records.ts'

async function everything<R, I extends string>(reader: Reader, collection: Collection<R, I>): Promise<readonly R[]> {
  const { items, next } = await reader.list(collection, 'key', { prefix: [], limit: 10_000 })
  assert.equal(next, undefined)
  return items
}

/** Every login leads to one enabled identity that lists it, and every login that is listed leads to its identity. */
export async function consistent(reader: Reader): Promise<void> {
  const all = await everything(reader, identities)
  const links = await everything(reader, loginLinks)
  const listed = all.flatMap(({ id, logins }) => logins.map(({ provider, subject }) => `${provider} ${subject} ${id}`))
  const led = links.map(({ provider, subject, identity }) => `${provider} ${subject} ${identity}`)
  assert.deepEqual([...listed].sort(), [...led].sort())
  for (const { id, logins, mergedInto, authenticated } of all) {
    assert.ok(mergedInto === undefined || logins.length === 0, `${id} is disabled and has logins`)
    assert.ok(logins.length === 0 || authenticated, `${id} has logins and counts as a guest`)
    assert.ok(
      mergedInto === undefined || all.some((identity) => identity.id === mergedInto),
      `${id} was merged into nothing`,
    )
  }
}
