// hallpass keys: the ring that seals session tokens and long-term secrets.

import { table } from '../core/table.ts'
import type { KeyInfo } from '../keys/ring.ts'
import { ask } from './ask.ts'
import { type Command, storeSettings, type World } from './command.ts'

const json = { kind: 'switch', says: 'As JSON.' } as const

export const keysList: Command = {
  name: 'keys list',
  says: 'List the keys of the ring and their states.',
  options: { json, all: { kind: 'switch', says: 'Retired keys too.' } },
  settings: storeSettings,
  async run(given, world) {
    const { keys } = await ask(given, world, 'POST /keys', {})
    const shown = given.switches.all === true ? keys : keys.filter(({ state }) => state !== 'retired')
    if (given.switches.json === true) world.out(JSON.stringify({ keys: shown.map(written) }, undefined, 2))
    else show(shown, world)
    return 0
  },
}

export const keysRotate: Command = {
  name: 'keys rotate',
  says: 'Make new keys, those that sign for others among them. Old keys open what they sealed until it has expired.',
  options: {
    json,
    compromised: {
      kind: 'switch',
      says: 'Drop the old keys at once: every session and every token signed for others ends. Long-term secrets stay.',
    },
  },
  settings: storeSettings,
  async run(given, world) {
    const compromised = given.switches.compromised === true
    const { made, keys } = await ask(given, world, 'POST /keys/rotate', { compromised })
    if (given.switches.json === true) {
      world.out(JSON.stringify({ made, keys: keys.map(written) }, undefined, 2))
      return 0
    }
    const waiting = keys.some(({ id, state }) => made.includes(id) && state === 'pending')
    world.err(
      compromised
        ? 'the old keys are gone: every session has ended, and nothing signed for others is vouched for any more'
        : waiting
          ? 'the new keys seal as soon as every running server knows them (some seconds)'
          : 'the new keys seal from now on; the old ones open what they sealed until it has expired',
    )
    show(
      keys.filter(({ state }) => state !== 'retired'),
      world,
    )
    return 0
  },
}

/** As JSON, with times as every other command writes them: a key's numbers are all times. */
const written = (key: KeyInfo) =>
  Object.fromEntries(
    Object.entries(key).map(([name, value]) => [
      name,
      typeof value === 'number' ? new Date(value).toISOString() : value,
    ]),
  )

const time = (ms: number | undefined) => (ms === undefined ? '' : `${new Date(ms).toISOString().slice(0, 19)}Z`)

function show(keys: readonly KeyInfo[], world: World) {
  const rows = keys.map(({ id, purpose, state, createdAt, activatedAt, opensUntil }) => [
    id,
    purpose,
    state,
    time(createdAt),
    time(activatedAt),
    time(opensUntil),
  ])
  for (const line of table([['KEY', 'FOR', 'STATE', 'MADE', 'SEALS FROM', 'OPENS UNTIL'], ...rows])) world.out(line)
}
