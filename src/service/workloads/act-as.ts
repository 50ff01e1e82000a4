// A workload that was proven, as the service that acts for it: which principal trust policies must name, and which session it gets
// (EC2 User Guide, "IAM roles for Amazon EC2"; ECS Developer Guide, "Task IAM role"; IAM User Guide, "The confused deputy problem").
import { instanceProfileArn, parseArn } from '../../core/arn.ts'
import type { ServiceIdentity } from '../../core/identity.ts'
import type { Store } from '../../store/store.ts'
import { accessDenied, type Refusal, refusal } from '../../wire/errors.ts'
import type { WorkloadRequest } from '../../wire/workload-api.ts'
import type { Subjects } from '../contracts/subject.ts'
import { instanceProfiles } from '../records.ts'
import type { ProvenMachine, ProvenService } from './proofs.ts'
import type { Machine } from './records.ts'
import { machineAttestation, serviceAttestation } from './workloads.ts'

/** One AssumeRole of a service for a workload. */
export interface WorkloadWish {
  readonly identity: ServiceIdentity
  readonly region: string
  readonly roleArn: string
  readonly sessionName: string
  /** Seconds. */
  readonly duration: number | undefined
}

export interface MachineWish extends WorkloadWish {
  /** Where the role is the one in it. */
  readonly profile?: { readonly arn: string; readonly id: string }
}

interface RoleParts {
  readonly store: Pick<Store, 'get'>
  readonly subjects: Pick<Subjects, 'byId'>
}

/** What AWS gives instances and tasks, in seconds; a role that allows less gives less. */
const SIX_HOURS = 21_600

const noRole = (message: string): Refusal => refusal('AccessDenied', 403, message)

/**
 * The role of the machine, or of its task, as it is now. INVARIANT: the role is what the profile holds at this moment, by its id, and in
 * the machine's account: nobody passed another one.
 * @throws Refusal that says what is missing
 */
export async function machineWish(
  parts: RoleParts,
  { machine }: Pick<ProvenMachine, 'machine'>,
  { task, roleDelivery = '2.0', durationSeconds }: Omit<WorkloadRequest<'credentials'>, 'assertion'>,
): Promise<MachineWish> {
  const { account, id, region } = machine
  const profile = task === undefined ? await profileOf(parts, machine) : undefined
  const role = await parts.subjects.byId(account, profile?.role ?? taskRole(machine, task ?? ''))
  if (role?.kind !== 'role') {
    const where = profile === undefined ? `Task ${task} of machine ${id}` : `Instance profile ${machine.profile.name}`
    throw noRole(`${where} has a role that does not exist any more.`)
  }
  const arn =
    task === undefined
      ? `arn:aws:ec2:${region}:${account}:instance/${id}`
      : `arn:aws:ecs:${region}:${account}:task/${id}/${task}`
  const identity: ServiceIdentity = {
    kind: 'service',
    name: task === undefined ? 'ec2.amazonaws.com' : 'ecs-tasks.amazonaws.com',
    subject: task === undefined ? id : `${id}/${task}`,
    attestation: machineAttestation(machine),
    source: { account, arn },
    keys: new Map(
      task === undefined
        ? [
            ['ec2:sourceinstancearn', arn],
            ['ec2:roledelivery', roleDelivery],
          ]
        : [],
    ),
  }
  return {
    ...{ identity, region, roleArn: role.arn, sessionName: task ?? id },
    duration: durationSeconds ?? Math.min(SIX_HOURS, role.record.maxSessionDuration),
    ...(profile === undefined ? {} : { profile: { arn: profile.arn, id: profile.id } }),
  }
}

async function profileOf({ store }: RoleParts, { account, profile }: Machine) {
  const found = await store.get(instanceProfiles, [account, profile.name.toLowerCase()])
  if (found === undefined || found.id !== profile.id)
    throw noRole(`Instance profile ${profile.name} does not exist any more: add the machine again with another one.`)
  const { id, path, name, role } = found
  if (role === undefined) throw noRole(`Instance profile ${name} has no role: add one with AddRoleToInstanceProfile.`)
  return { id, role, arn: instanceProfileArn(account, path, name) }
}

function taskRole({ id, tasks }: Machine, task: string): string {
  const role = tasks.find((one) => one.task === task)?.role
  if (role === undefined) throw noRole(`Machine ${id} has no task ${task}.`)
  return role
}

/**
 * What a declared service asks for. INVARIANT: it acts for an account that its record names, and a resource of that account; which
 * account the role must be in is decided with its trust policy.
 * @throws Refusal
 */
export function serviceWish(
  { service, proof, subject, notAfter }: ProvenService,
  wish: Omit<WorkloadRequest<'assumeRole'>, 'assertion' | 'service'>,
  now: Date,
): WorkloadWish {
  const { RoleArn, RoleSessionName, SourceAccount, SourceArn, DurationSeconds } = wish
  if (service.accounts !== 'any' && !service.accounts.includes(SourceAccount)) {
    const message = `Service ${service.name} may not act on behalf of account ${SourceAccount}.`
    throw accessDenied('aws-query', message)
  }
  const arn = SourceArn === undefined ? undefined : parseArn(SourceArn)
  if (SourceArn !== undefined && arn === undefined) throw refusal('ValidationError', 400, 'SourceArn is not an ARN.')
  if (arn !== undefined && arn.account !== '' && arn.account !== SourceAccount)
    throw refusal('ValidationError', 400, 'SourceArn is of another account than SourceAccount.')
  const identity: ServiceIdentity = {
    ...{ kind: 'service', name: service.name, subject, keys: new Map() },
    attestation: serviceAttestation(service, proof, SourceAccount, notAfter),
    source: { account: SourceAccount, ...(SourceArn === undefined ? {} : { arn: SourceArn }) },
  }
  return {
    ...{
      identity,
      region: 'us-east-1',
      roleArn: RoleArn,
      sessionName: RoleSessionName,
      duration: within(DurationSeconds, notAfter, now),
    },
  }
}

/** A session ends with the certificate that it began with. @throws Refusal where too little of that is left */
function within(seconds: number | undefined, notAfter: number | undefined, now: Date): number | undefined {
  if (notAfter === undefined) return seconds
  const left = Math.floor((notAfter - now.getTime()) / 1000)
  if (left < 900) throw noRole('The certificate ends in less than 15 minutes: prove the service by a newer one.')
  return Math.min(seconds ?? 3600, left)
}
