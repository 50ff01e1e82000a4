// Machines by command: added with a join token, given another, disabled, enabled, removed; the roles of their tasks.
import { roleArn } from '../../core/arn.ts'
import { AdminRefusal } from '../../server/admin.ts'
import { roles, type Tag } from '../../service/records.ts'
import { newJoinToken } from '../../service/workloads/join.ts'
import {
  addMachine,
  changeMachine,
  disabled,
  enabled,
  newMachineId,
  removeMachine,
  withJoinToken,
  withTask,
} from '../../service/workloads/machines.ts'
import { type Machine, machines } from '../../service/workloads/records.ts'
import { everything } from '../../store/everything.ts'
import type { Transaction } from '../../store/store.ts'
import type { Engine } from '../engine.ts'
import { operatorChange } from './operator-change.ts'

export interface MachineRow {
  readonly id: string
  readonly name: string
  readonly account: string
  readonly region: string
  readonly profile: string
  readonly state: 'joined' | 'waiting' | 'token ended' | 'disabled'
  /** Thumbprint of its key (RFC 7638), where it has one. */
  readonly key?: string
  readonly joinedAt?: string
  readonly tasks: readonly { readonly task: string; readonly roleArn: string }[]
  readonly tags: readonly Tag[]
}

/** What is shown once. */
export interface Joining {
  readonly joinToken: string
  readonly until: string
  /** Where the machine joins; absent: the server has no public URL, and nobody can join. */
  readonly url?: string
}

export interface AddMachineInput {
  readonly name: string
  readonly account: string
  readonly region: string
  readonly profile: string
  readonly tasks?: Readonly<Record<string, string>>
  readonly tags?: readonly Tag[]
  /** How long the join token is good; an hour without it. */
  readonly minutes?: number
}

export interface MachineChoice {
  /** Name or id. */
  readonly machine: string
}

const ROLE_IS_GONE = '-'

async function rowOf({ store, clock }: Engine, machine: Machine): Promise<MachineRow> {
  const { id, name, account, region, profile, tags, key, join } = machine
  const tasks = await Promise.all(
    machine.tasks.map(async ({ task, role }) => {
      const found = (await store.find(roles, 'id', [account, role]))?.record
      return { task, roleArn: found === undefined ? ROLE_IS_GONE : roleArn(account, found.path, found.name) }
    }),
  )
  const waits = join !== undefined && join.until > clock().getTime()
  const state = !machine.isEnabled ? 'disabled' : key !== undefined ? 'joined' : waits ? 'waiting' : 'token ended'
  return {
    ...{ id, name, account, region, profile: profile.name, state, tasks, tags },
    ...(key === undefined ? {} : { key: key.kid, joinedAt: key.joinedAt }),
  }
}

export async function listMachines(engine: Engine): Promise<{ readonly machines: readonly MachineRow[] }> {
  const all = await everything(engine.store, machines)
  const rows = await Promise.all(all.map((machine) => rowOf(engine, machine)))
  return { machines: rows.sort((a, b) => (a.name < b.name ? -1 : 1)) }
}

const named = ({ id: machine, name, account }: Machine) => ({ account, parameters: { machine, name } })

const mostMinutes = 7 * 24 * 60

function tokenFor({ parts, clock }: Engine, minutes: number | undefined) {
  if (minutes !== undefined && !(Number.isInteger(minutes) && minutes >= 1 && minutes <= mostMinutes))
    throw new AdminRefusal(`a join token is good for 1 to ${mostMinutes} minutes`)
  const { text, kept } = newJoinToken(parts.random(32), clock(), minutes === undefined ? undefined : minutes * 60_000)
  const { publicUrl: url } = parts
  const shown: Joining = {
    ...{ joinToken: text, until: new Date(kept.until).toISOString() },
    ...(url === undefined ? {} : { url }),
  }
  return { kept, shown }
}

export async function newMachine(engine: Engine, input: AddMachineInput): Promise<MachineRow & Joining> {
  const { name, account, region, profile, tasks = {}, tags = [], minutes } = input
  const id = newMachineId(engine.parts.random)
  const { kept, shown } = tokenFor(engine, minutes)
  const wanted = { name, account, region, profile, tasks, tags }
  const made = await operatorChange(engine, 'AddMachine', (tx, now) => addMachine(tx, wanted, id, kept, now), named)
  return { ...(await rowOf(engine, made)), ...shown }
}

export async function newMachineToken(
  engine: Engine,
  { machine, minutes }: MachineChoice & { readonly minutes?: number },
): Promise<MachineRow & Joining> {
  const { kept, shown } = tokenFor(engine, minutes)
  const work = (tx: Transaction) => changeMachine(tx, machine, withJoinToken(kept))
  return { ...(await rowOf(engine, await operatorChange(engine, 'IssueJoinToken', work, named))), ...shown }
}

export async function setMachine(
  engine: Engine,
  { machine, isEnabled }: MachineChoice & { readonly isEnabled: boolean },
): Promise<MachineRow> {
  const work = (tx: Transaction) => changeMachine(tx, machine, isEnabled ? enabled : disabled)
  return rowOf(engine, await operatorChange(engine, isEnabled ? 'EnableMachine' : 'DisableMachine', work, named))
}

/** Without a role: takes the task away. */
export async function setMachineTask(
  engine: Engine,
  { machine, task, role }: MachineChoice & { readonly task: string; readonly role?: string },
): Promise<MachineRow> {
  const work = (tx: Transaction) => changeMachine(tx, machine, withTask(task, role))
  const of = (one: Machine) => ({ account: one.account, parameters: { ...named(one).parameters, task, role } })
  return rowOf(engine, await operatorChange(engine, 'SetMachineTask', work, of))
}

export async function forgetMachine(engine: Engine, { machine }: MachineChoice): Promise<MachineRow> {
  return rowOf(engine, await operatorChange(engine, 'RemoveMachine', (tx) => removeMachine(tx, machine), named))
}
