// The role of an association: whoever makes one passes it to EKS (IAM User Guide, "Grant a user permissions to pass a role to an AWS
// service"), and it must trust EKS's pods.
import { nameInArn, parseArn, roleArn } from '../../core/arn.ts'
import type { Reader } from '../../store/store.ts'
import { passCheck } from '../access/pass-role.ts'
import type { Check } from '../operation.ts'
import { type Role, roles } from '../records.ts'
import { invalidParameter } from './define.ts'

/** The principal that trust policies name. */
export const podsPrincipal = 'pods.eks.amazonaws.com'

/** A role that somebody wants to pass. */
export interface RoleToPass {
  readonly account: string
  readonly arn: string
  /** Absent when there is none: the caller learns it once it is allowed to pass it. */
  readonly record: Role | undefined
}

export const isRoleArn = (text: string) => /^arn:aws[a-z-]*:iam::\d{12}:role\/.{1,600}$/.test(text)

/** INVARIANT: it is of the caller's own account: roles are passed within one. @throws InvalidParameterException */
export async function roleToPass(reader: Reader, account: string, arn: string): Promise<RoleToPass> {
  if (!isRoleArn(arn)) throw invalidParameter(`The role ARN is invalid: ${arn}`)
  if (parseArn(arn)?.account !== account) throw invalidParameter('The role must be in the account of the cluster.')
  return { account, arn, record: await roleAt(reader, account, arn) }
}

/** The path is part of the ARN; names are unique without it. */
async function roleAt(reader: Reader, account: string, arn: string): Promise<Role | undefined> {
  const record = await reader.get(roles, [account, nameInArn(arn).toLowerCase()])
  return record !== undefined && roleArn(account, record.path, record.name) === arn ? record : undefined
}

/** `cluster`: its ARN, which the role is attached to. */
export const passingCheck = ({ account, arn, record }: RoleToPass, cluster: string): Check =>
  passCheck(account, arn, podsPrincipal, record?.tags, cluster)

/** The role as the transaction sees it, for whoever may pass it. @throws InvalidParameterException */
export async function passableRole(reader: Reader, { account, arn, record }: RoleToPass) {
  const role = await roleAt(reader, account, arn)
  if (role === undefined || role.id !== record?.id)
    throw invalidParameter('Role provided in the request does not exist.')
  if (!namesPods(role.trust.text)) throw invalidParameter('Trust policy of the role provided is invalid')
  return { arn, id: role.id }
}

/** Whether a trust policy allows EKS's pods anything. What it asks of them is decided when they get the role. */
function namesPods(text: string): boolean {
  const { Statement } = JSON.parse(text) as { readonly Statement?: unknown }
  return [Statement].flat().some((statement) => {
    const { Effect, Principal } = statement as { readonly Effect?: string; readonly Principal?: unknown }
    if (Effect !== 'Allow') return false
    const services = (Principal as { readonly Service?: unknown } | undefined)?.Service
    return Principal === '*' || [services].flat().includes(podsPrincipal)
  })
}
