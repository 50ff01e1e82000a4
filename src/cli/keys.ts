// hallpass keys: lists and rotates the keys that seal session tokens and long-term secrets.
import { table } from '../core/table.ts'
import type { KeyInfo } from '../keys/ring.ts'
import { callRoute } from './call-route.ts'
import { type Command, storeSettings, type World } from './command.ts'

const json = { kind: 'switch', says: 'Print JSON.' } as const

export const keysList: Command = {
  name: 'keys list',
  says: 'List the keys of the ring and their states.',
  options: { json, all: { kind: 'switch', says: 'List retired keys too.' } },
  settings: storeSettings,
  async run(input, world) {
    const { keys } = await callRoute(input, world, 'POST /keys', {})
    const shown = input.switches.all === true ? keys : keys.filter(({ state }) => state !== 'retired')
    if (input.switches.json === true) world.out(JSON.stringify({ keys: shown.map(keyJson) }, undefined, 2))
    else show(shown, world)
    return 0
  },
}

export const keysRotate: Command = {
  name: 'keys rotate',
  says: 'Make new keys, signing keys too. Old keys open what they sealed until it has expired.',
  options: {
    json,
    compromised: {
      kind: 'switch',
      says: 'Drop the old keys at once: every session and every signed token becomes invalid. Long-term secrets stay.',
    },
  },
  settings: storeSettings,
  async run(input, world) {
    const compromised = input.switches.compromised === true
    const { made, keys } = await callRoute(input, world, 'POST /keys/rotate', { compromised })
    if (input.switches.json === true) {
      world.out(JSON.stringify({ made, keys: keys.map(keyJson) }, undefined, 2))
      return 0
    }
    const waiting = keys.some(({ id, state }) => made.includes(id) && state === 'pending')
    world.err(
      compromised
        ? 'the old keys are gone: every session has ended, and no token that they signed can be verified any more'
        : waiting
          ? 'the new keys seal as soon as every running server knows them (a few seconds)'
          : 'the new keys seal from now on; the old ones open what they sealed until it has expired',
    )
    show(
      keys.filter(({ state }) => state !== 'retired'),
      world,
    )
    return 0
  },
}

/** A key for JSON, with times in the format of every other command: all numbers of a key are times. */
const keyJson = (key: KeyInfo) =>
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
