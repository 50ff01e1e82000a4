// What the operator should know of a people table that the store's own records make weak or useless: broker users and roles that are
// not there, broker users with keys of their own, roles that let everybody of an account in, and keys kept for other systems.
import { nameInArn, parseArn, roleArn } from '../../../core/arn.ts'
import { readDocument } from '../../../core/policy/document.ts'
import { awsPrincipalKind, principalPairs } from '../../../core/policy/principals.ts'
import type { Reader } from '../../../store/store.ts'
import type { PeopleTable } from '../../contracts/people-table.ts'
import { accessKeys, accounts, roles, samlProviders, users } from '../../records.ts'

export interface TableWarning {
  readonly about: string
  readonly says: string
  readonly remedy: string
}

export async function tableWarnings(reader: Reader, table: PeopleTable): Promise<readonly TableWarning[]> {
  return [
    ...(await samlWarnings(reader, table)),
    ...(await brokerWarnings(reader, table)),
    ...(await roleWarnings(reader, table)),
    ...table.targets.flatMap(({ name, key }) =>
      key === undefined
        ? []
        : [
            {
              about: `target ${name}`,
              says: `a long-term key (${key.accessKeyId}) is kept for GetFederationToken: whoever gets it is the broker there`,
              remedy: 'leave it out where AssumeRole will do, which needs no key',
            },
          ],
    ),
  ]
}

async function samlWarnings(reader: Reader, { connectors }: PeopleTable): Promise<readonly TableWarning[]> {
  const warnings: TableWarning[] = []
  for (const connector of connectors) {
    if (connector.kind !== 'saml') continue
    const { name, provider } = connector
    const account = parseArn(provider)?.account ?? ''
    const record = await reader.get(samlProviders, [account, nameInArn(provider).toLowerCase()])
    if (record === undefined || record.name !== nameInArn(provider))
      warnings.push({
        about: `connector ${name}`,
        says: `there is no ${provider}`,
        remedy: 'create it (CreateSAMLProvider)',
      })
  }
  return warnings
}

async function brokerWarnings(reader: Reader, { brokers }: PeopleTable): Promise<readonly TableWarning[]> {
  const warnings: TableWarning[] = []
  for (const { account, user: name } of brokers) {
    const about = `broker user ${account}/${name}`
    const user = await reader.get(users, [account, name.toLowerCase()])
    const isActive = (await reader.get(accounts, [account]))?.status === 'ACTIVE'
    if (user === undefined || !isActive) {
      warnings.push({
        about,
        says: 'does not exist: nothing is given through it',
        remedy: 'create the user (CreateUser)',
      })
      continue
    }
    const keys = await reader.list(accessKeys, 'principal', { prefix: [account, user.id], limit: 1 })
    if (keys.items.length > 0) {
      const says = 'has an access key: whoever has it assumes every role that trusts the broker, as anybody'
      warnings.push({ about, says, remedy: 'delete the key (DeleteAccessKey): the broker needs none' })
    }
  }
  return warnings
}

async function roleWarnings(reader: Reader, { targets, assignments }: PeopleTable): Promise<readonly TableWarning[]> {
  const elsewhere = new Set(targets.flatMap(({ accounts }) => accounts))
  const rows = new Map<string, string>()
  for (const { roles: arns, place } of assignments) for (const arn of arns) if (!rows.has(arn)) rows.set(arn, place)
  const warnings: TableWarning[] = []
  for (const [arn, place] of rows) {
    const account = parseArn(arn)?.account ?? ''
    if (elsewhere.has(account)) continue
    const role = await reader.get(roles, [account, nameInArn(arn).toLowerCase()])
    if (role === undefined || roleArn(account, role.path, role.name) !== arn)
      warnings.push({
        about: `row ${place}`,
        says: `there is no ${arn}`,
        remedy: 'create the role, or correct the row',
      })
    else if (trustsAccount(role.trust.text)) {
      const says = `${arn} trusts a whole account: users and roles there may assume it past the table`
      warnings.push({ about: `row ${place}`, says, remedy: 'let its trust policy name the broker user' })
    }
  }
  return warnings
}

/** Whether a statement without a condition lets in a whole account, or everybody. */
function trustsAccount(text: string): boolean {
  const document = readDocument(text)
  if ('error' in document) return false
  return document.statements.some(({ elements }) => {
    const [effect, principal] = [elements.get('Effect'), elements.get('Principal')]
    if (effect?.type !== 'string' || effect.text !== 'Allow' || principal === undefined || elements.has('Condition'))
      return false
    const pairs = principalPairs(principal) ?? []
    return pairs.some(([type, value]) => {
      const kind = type === 'AWS' ? awsPrincipalKind(value) : undefined
      return kind === 'account' || kind === 'everyone'
    })
  })
}
