// hallpass machines: lets machines join, shows them, gives their tasks roles, and ends them.
import { Failure } from '../app/failure.ts'
import type { Joining, MachineRow } from '../app/operator/machines.ts'
import { table } from '../core/table.ts'
import { isoSeconds } from '../core/time.ts'
import { callRoute } from './call-route.ts'
import { type Command, type CommandInput, type Option, storeSettings, type World } from './command.ts'
import { needed, pairsOf, tagsOf } from './given.ts'

const json: Option = { kind: 'switch', says: 'Print JSON.' }
const minutes: Option = { kind: 'text', value: 'N', says: 'How long the join token is good; 60 by default.' }

function minutesOf({ texts }: CommandInput): { readonly minutes?: number } {
  if (texts.minutes === undefined) return {}
  if (!/^\d{1,6}$/.test(texts.minutes)) throw new Failure('--minutes: must be a whole number', 2)
  return { minutes: Number(texts.minutes) }
}

/** The token on standard output, for scripts; how it is used beside it. */
function showToken(row: MachineRow & Joining, { switches }: CommandInput, world: World): number {
  if (switches.json === true) world.out(JSON.stringify(row, undefined, 2))
  else {
    const { name, id, joinToken, until, url } = row
    world.err(
      url === undefined
        ? 'This server has no public URL: set public-url, so that machines reach it.'
        : `${name} (${id}) joins once, until ${isoSeconds(new Date(until))}, with: hallpass machines join TOKEN --url ${url}`,
    )
    world.out(joinToken)
  }
  return 0
}

export const machinesAdd: Command = {
  name: 'machines add',
  says: 'Let a machine in: print a token with which it joins once, and gets the role of its instance profile.',
  takes: 'NAME',
  options: {
    account: { kind: 'text', value: 'ID', says: 'The account that it is in.' },
    region: { kind: 'text', value: 'REGION', says: 'The region that it is in.' },
    profile: { kind: 'text', value: 'NAME', says: 'Its instance profile, an existing one of the account.' },
    task: {
      kind: 'text',
      value: 'NAME=ROLE',
      many: true,
      says: 'A task on it, such as a container, and the role that the task has.',
    },
    tag: { kind: 'text', value: 'KEY=VALUE', many: true, says: 'A tag of the machine.' },
    ...{ minutes, json },
  },
  settings: storeSettings,
  async run(input, world) {
    const { lists, rest } = input
    const row = await callRoute(input, world, 'POST /machines/add', {
      ...{ name: rest[0] ?? '', account: needed(input, 'account') },
      ...{ region: needed(input, 'region'), profile: needed(input, 'profile') },
      tasks: Object.fromEntries(pairsOf('task', lists.task)),
      tags: tagsOf(input),
      ...minutesOf(input),
    })
    return showToken(row, input, world)
  },
}

export const machinesToken: Command = {
  name: 'machines token',
  says: 'Print another join token of a machine. When it joins with it, its new key replaces the old, and what that got ends.',
  takes: 'NAME',
  options: { minutes, json },
  settings: storeSettings,
  async run(input, world) {
    const wish = { machine: input.rest[0] ?? '', ...minutesOf(input) }
    return showToken(await callRoute(input, world, 'POST /machines/token', wish), input, world)
  },
}

export const machinesList: Command = {
  name: 'machines list',
  says: 'List the machines, and the roles of their tasks.',
  options: { json },
  settings: storeSettings,
  async run(input, world) {
    const { machines } = await callRoute(input, world, 'POST /machines', {})
    if (input.switches.json === true) {
      world.out(JSON.stringify({ machines }, undefined, 2))
      return 0
    }
    const rows = machines.map(({ name, id, account, region, profile, state, joinedAt, tasks }) => [
      ...[name, id, account, region, profile, state, joinedAt ?? '-'],
      tasks.length === 0 ? '-' : tasks.map(({ task, roleArn }) => `${task}=${roleArn}`).join(' '),
    ])
    const head = ['NAME', 'MACHINE', 'ACCOUNT', 'REGION', 'PROFILE', 'STATE', 'JOINED', 'TASKS']
    for (const line of table([head, ...rows])) world.out(line)
    return 0
  },
}

export const machinesTask: Command = {
  name: 'machines task',
  says: 'Give a task of a machine a role, or take the task away. What it got before lasts until it ends.',
  takes: 'NAME TASK',
  options: {
    role: { kind: 'text', value: 'ROLE', says: 'The role, by ARN or name. It must trust ecs-tasks.amazonaws.com.' },
    remove: { kind: 'switch', says: 'Take the task away instead.' },
    json,
  },
  settings: storeSettings,
  async run(input, world) {
    const { role } = input.texts
    if ((role === undefined) !== (input.switches.remove === true)) throw new Failure('give --role or --remove', 2)
    const [machine = '', task = ''] = input.rest
    const wish = { machine, task, ...(role === undefined ? {} : { role }) }
    const row = await callRoute(input, world, 'POST /machines/task', wish)
    return done(
      row,
      role === undefined ? `has no task ${task} any more` : `has task ${task} with ${role}`,
      input,
      world,
    )
  },
}

function done(row: MachineRow, what: string, { switches }: CommandInput, world: World): number {
  world.out(switches.json === true ? JSON.stringify(row, undefined, 2) : `${row.name} (${row.id}) ${what}`)
  return 0
}

const switching = (word: 'enable' | 'disable', says: string): Command => ({
  ...{ name: `machines ${word}`, says, takes: 'NAME', options: { json }, settings: storeSettings },
  async run(input, world) {
    const wish = { machine: input.rest[0] ?? '', isEnabled: word === 'enable' }
    return done(await callRoute(input, world, 'POST /machines/set', wish), `is ${word}d`, input, world)
  },
})

export const machinesDisable = switching(
  'disable',
  'End everything that a machine got, at once, and give it nothing until it is enabled.',
)
export const machinesEnable = switching(
  'enable',
  'Let a disabled machine get credentials again, with the key that it has.',
)

export const machinesRemove: Command = {
  name: 'machines remove',
  says: 'Remove a machine: everything that it got ends at once, and it can never join again under this entry.',
  takes: 'NAME',
  options: { json },
  settings: storeSettings,
  async run(input, world) {
    const row = await callRoute(input, world, 'POST /machines/remove', { machine: input.rest[0] ?? '' })
    return done(row, 'is removed', input, world)
  },
}
