// Machines as an operator keeps them: added with a join token, given another, disabled, removed; and the roles of their tasks.
import { isRegionName } from '../../core/region-name.ts'
import type { Reader, Transaction } from '../../store/store.ts'
import { OperatorProblem } from '../operator-problem.ts'
import { accounts, instanceProfiles, isoTime, roles, type Tag } from '../records.ts'
import { type Machine, machines, type TaskRole } from './records.ts'

export interface NewMachine {
  readonly account: string
  readonly name: string
  readonly region: string
  /** The instance profile's name. */
  readonly profile: string
  readonly tasks: Readonly<Record<string, string>>
  readonly tags: readonly Tag[]
}

const namePattern = /^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/
const taskPattern = /^[A-Za-z0-9_=,.@-]{2,64}$/
const idPattern = /^i-[0-9a-f]{17}$/
const mostTasks = 50
const mostTags = 50

/** `i-` and 17 hexadecimal digits, as EC2's ids are since 2016. */
export const newMachineId = (random: (bytes: number) => Buffer): string => `i-${random(9).toString('hex').slice(0, 17)}`

/** @throws OperatorProblem */
export async function addMachine(
  tx: Transaction,
  { account, name, region, profile, tasks, tags }: NewMachine,
  id: string,
  join: Machine['join'],
  now: Date,
): Promise<Machine> {
  if (!namePattern.test(name) || idPattern.test(name))
    throw new OperatorProblem(`${name} is no name of a machine: letters, digits, ".", "_" and "-", such as web-1`)
  if (!isRegionName(region)) throw new OperatorProblem(`${region} is no region, such as eu-central-1`)
  if ((await tx.get(accounts, [account]))?.status !== 'ACTIVE')
    throw new OperatorProblem(`there is no open account ${account}`)
  if ((await tx.find(machines, 'name', [name])) !== undefined)
    throw new OperatorProblem(`there is a machine ${name}: \`hallpass machines token ${name}\` lets it join again`)
  if (tags.length > mostTags) throw new OperatorProblem(`a machine has ${mostTags} tags at most`)
  const machine: Machine = {
    ...{ account, id, name, region, tags, createdAt: isoTime(now), isEnabled: true, incarnation: 0 },
    profile: await profileNamed(tx, account, profile),
    tasks: await taskRoles(tx, account, tasks),
    ...(join === undefined ? {} : { join }),
  }
  await tx.create(machines, machine)
  return machine
}

async function profileNamed(tx: Reader, account: string, name: string): Promise<Machine['profile']> {
  const found = await tx.get(instanceProfiles, [account, name.toLowerCase()])
  if (found !== undefined) return { name: found.name, id: found.id }
  throw new OperatorProblem(
    `there is no instance profile ${name} in account ${account}: make it with \`aws iam create-instance-profile\`, and add a role to it`,
  )
}

async function taskRoles(tx: Reader, account: string, tasks: NewMachine['tasks']): Promise<readonly TaskRole[]> {
  const entries = Object.entries(tasks)
  if (entries.length > mostTasks) throw new OperatorProblem(`a machine has ${mostTasks} tasks at most`)
  const found: TaskRole[] = []
  for (const [task, role] of entries) found.push({ task, role: await roleId(tx, account, task, role) })
  return found
}

/** By ARN or name, of the machine's own account. */
async function roleId(tx: Reader, account: string, task: string, role: string): Promise<string> {
  if (!taskPattern.test(task))
    throw new OperatorProblem(`${task} is no name of a task: 2 to 64 letters, digits and any of "_=,.@-"`)
  const named = /^arn:aws:iam::(\d{12}):role\/(?:.*\/)?([^/]+)$/.exec(role)
  if (named !== null && named[1] !== account)
    throw new OperatorProblem(`${role} is of another account than the machine, which is of ${account}`)
  const found = await tx.get(roles, [account, (named?.[2] ?? role).toLowerCase()])
  if (found === undefined) throw new OperatorProblem(`there is no role ${role} in account ${account}`)
  return found.id
}

/** By name or id. @throws OperatorProblem */
export async function machineNamed(tx: Reader, nameOrId: string): Promise<Machine> {
  const found = await tx.find(machines, idPattern.test(nameOrId) ? 'id' : 'name', [nameOrId])
  if (found !== undefined) return found.record
  throw new OperatorProblem(`there is no machine ${nameOrId}: see hallpass machines list`)
}

/** A change of a machine's record. INVARIANT: what is live of it stays, unless `incarnation` grows. */
export type MachineChange = (tx: Transaction, machine: Machine) => Promise<Machine> | Machine

export const withJoinToken =
  (join: Machine['join']): MachineChange =>
  (_tx, machine) => {
    if (!machine.isEnabled)
      throw new OperatorProblem(
        `machine ${machine.name} is disabled: \`hallpass machines enable ${machine.name}\` first`,
      )
    return join === undefined ? machine : { ...machine, join }
  }

/** Disabling ends what is live of it, and the join token that is out. */
export const disabled: MachineChange = (_tx, { join: _, ...machine }) => ({
  ...machine,
  isEnabled: false,
  incarnation: machine.incarnation + (machine.isEnabled ? 1 : 0),
})

export const enabled: MachineChange = (_tx, machine) => ({ ...machine, isEnabled: true })

/** Sets the role of a task; `undefined` takes the task away. */
export const withTask =
  (task: string, role: string | undefined): MachineChange =>
  async (tx, machine) => {
    const others = machine.tasks.filter((one) => one.task !== task)
    if (role === undefined) {
      if (others.length === machine.tasks.length)
        throw new OperatorProblem(`machine ${machine.name} has no task ${task}: see hallpass machines list`)
      return { ...machine, tasks: others }
    }
    if (others.length >= mostTasks) throw new OperatorProblem(`a machine has ${mostTasks} tasks at most`)
    return { ...machine, tasks: [...others, { task, role: await roleId(tx, machine.account, task, role) }] }
  }

/** @throws OperatorProblem */
export async function changeMachine(tx: Transaction, nameOrId: string, change: MachineChange): Promise<Machine> {
  const changed = await change(tx, await machineNamed(tx, nameOrId))
  await tx.replace(machines, changed)
  return changed
}

/** Removes it: what is live of it ends. @throws OperatorProblem */
export async function removeMachine(tx: Transaction, nameOrId: string): Promise<Machine> {
  const machine = await machineNamed(tx, nameOrId)
  await tx.delete(machines, machines.key(machine))
  return machine
}
