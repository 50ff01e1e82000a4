// Doctor's check of roles that trust a service without saying on whose behalf: a service that acts for many may then be made to act on
// them for anybody of the account (IAM User Guide, "The confused deputy problem").
import { roleArn } from '../core/arn.ts'
import { roles } from '../service/records.ts'
import { everything } from '../store/everything.ts'
import type { Reader } from '../store/store.ts'
import { type Finding, note } from './finding.ts'

/** How many roles are reported by name. */
const maxNamed = 3

/** Any of these says on whose behalf. */
const sourceKeys = new Set(['aws:sourcearn', 'aws:sourceaccount', 'aws:sourceorgid', 'aws:sourceorgpaths'])

/** Who hands a role to a machine, or to a task of one, was asked for iam:PassRole, or is the operator. */
const passed = new Set(['ec2.amazonaws.com', 'ecs-tasks.amazonaws.com'])

interface Statement {
  readonly Effect?: string
  readonly Principal?: { readonly Service?: string | readonly string[] } | string
  readonly Condition?: Readonly<Record<string, Readonly<Record<string, unknown>>>>
}

/** The services that a trust policy lets in on nobody's behalf. */
export function carelesslyTrusted(text: string): readonly string[] {
  const { Statement: all } = JSON.parse(text) as { readonly Statement: Statement | readonly Statement[] }
  return [all].flat().flatMap(({ Effect, Principal, Condition = {} }) => {
    if (Effect !== 'Allow' || typeof Principal !== 'object') return []
    const keys = Object.values(Condition).flatMap((tests) => Object.keys(tests))
    if (keys.some((key) => sourceKeys.has(key.toLowerCase()))) return []
    return [Principal.Service ?? []].flat().filter((name) => !passed.has(name))
  })
}

export async function checkDeputies(store: Reader): Promise<readonly Finding[]> {
  const findings: Finding[] = []
  let more = 0
  for (const { account, path, name, trust } of await everything(store, roles)) {
    const services = [...new Set(carelesslyTrusted(trust.text))]
    if (services.length === 0) continue
    const says = `${roleArn(account, path, name)} trusts ${services.join(', ')}, whoever it acts for`
    const then = 'add a condition on aws:SourceArn or aws:SourceAccount to its trust policy'
    if (findings.length < maxNamed) findings.push(note('trusted service', says, then))
    else more++
  }
  return more === 0 ? findings : [...findings, note('trusted service', `${more} more roles have such a trust policy`)]
}
