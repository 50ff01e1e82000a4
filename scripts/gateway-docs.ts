// docs/gateway.md: every operation that the gateway knows, with what it asks of the policies. It is made by planning a request of each
// (service/dynamodb/testing/samples.ts), so that the page says what the code does.

import type { Maybe } from '../src/core/maybe.ts'
import type { Forward, Forwarding } from '../src/service/dynamodb/forward.ts'
import { refusedMembers } from '../src/service/dynamodb/members.ts'
import { dynamodbOperations, dynamodbStreamsOperations } from '../src/service/dynamodb/operations.ts'
import { planningParts } from '../src/service/dynamodb/testing/parts.ts'
import { sampleSchema, samples } from '../src/service/dynamodb/testing/samples.ts'
import type { Check } from '../src/service/operation.ts'
import { contractOf } from '../src/wire/contract.ts'

const parts = planningParts(sampleSchema)

const tables = { dynamodb: dynamodbOperations(parts), 'dynamodb-streams': dynamodbStreamsOperations(parts) }

/** The call of somebody in the account of the samples. */
const call = {
  identity: { kind: 'user', account: '111122223333', principal: 'AIDA', accessKeyId: 'AKIA' },
  from: { region: 'us-east-1' },
  now: new Date(0),
} as never

const kinds: readonly (readonly [RegExp, string])[] = [
  [/\/index\//, 'index'],
  [/\/stream\//, 'stream'],
  [/\/backup\//, 'backup'],
  [/\/export\//, 'export'],
  [/\/import\//, 'import'],
  [/:table\/Restored$/, 'the new table'],
  [/:table\//, 'table'],
  [/^arn:aws:s3:::[^/]+$/, 'bucket'],
  [/^arn:aws:s3:::/, 'objects'],
]
const kindOf = (resource: string) => kinds.find(([form]) => form.test(resource))?.[1] ?? '`*`'

/** Names of keys as AWS spells them. */
const spelled: Readonly<Record<string, string>> = Object.fromEntries(
  'LeadingKeys Attributes Select ReturnValues ReturnConsumedCapacity EnclosingOperation FullTableScan'
    .split(' ')
    .map((name) => [`dynamodb:${name.toLowerCase()}`, name]),
)

/** The questions of each of an operation's samples. */
async function asked(service: keyof typeof tables, name: string): Promise<(readonly Check[])[]> {
  const operation = (tables[service] as unknown as Readonly<Record<string, Forwarding>>)[name]
  if (operation === undefined || operation.checks === 'always') throw new TypeError(`${name} asks nothing`)
  const { checks } = operation
  const inputs = samples[service][name] ?? []
  return Promise.all(
    inputs.map(async (input) => checks(input, await (operation.load(input, call) as Maybe<Forward>), call)),
  )
}

async function row(service: keyof typeof tables, name: string): Promise<readonly string[]> {
  const each = await asked(service, name)
  const actions = new Map<string, Set<string>>()
  for (const checks of each) {
    for (const action of new Set(checks.map((check) => check.action))) {
      const on = checks.filter((check) => check.action === action).map(({ resource }) => kindOf(resource))
      const shown = `\`${action.replace(/^dynamodb:/, '')}\``
      actions.set(shown, (actions.get(shown) ?? new Set()).add([...new Set(on)].join(' and ')))
    }
  }
  const all = each.flat()
  const keys = new Set(all.flatMap((check) => [...(check.keys?.keys() ?? [])].flatMap((key) => spelled[key] ?? [])))
  const lacks = all.some(({ unfilled }) => unfilled?.includes('dynamodb:leadingkeys'))
  const on = [...actions].map(([action, resources]) => `${action} on ${[...resources].join(' or ')}`)
  return [`\`${name}\``, on.join(', '), [...keys].join(', '), lacks ? 'yes' : '']
}

const head = ['Operation', 'Asks for', 'Condition keys (`dynamodb:…`)', 'All items']
const answeredHere: ReadonlySet<string> = new Set(['DeleteResourcePolicy', 'GetResourcePolicy', 'PutResourcePolicy'])

/** The page's text, without its head. */
export async function gatewayPage(
  table: (head: readonly string[], rows: readonly (readonly string[])[]) => string,
): Promise<string> {
  const services = ['dynamodb', 'dynamodb-streams'] as const
  const rowsOf = (wanted: (name: string) => boolean) =>
    Promise.all(
      services.flatMap((service) =>
        Object.keys(samples[service])
          .filter(wanted)
          .map((name) => row(service, name)),
      ),
    )
  const passed = await rowsOf((name) => !answeredHere.has(name))
  const answered = await rowsOf((name) => answeredHere.has(name))
  const refused = services.flatMap((service) =>
    contractOf(service).operationNames.flatMap((name) => {
      const entry = (tables[service] as Readonly<Record<string, { readonly unsupported?: string }>>)[name]
      return entry?.unsupported === undefined ? [] : [[`\`${name}\``, entry.unsupported]]
    }),
  )
  const members = services.flatMap((service) =>
    refusedMembers(service).map(([shape, names]) => [shape, names.map((name) => `\`${name}\``).join(', ')]),
  )
  return [
    'What DynamoDB’s operations ask of the policies when they are passed on to a backend ([how to set one up](gateway-setup.md)).',
    '',
    'Every question must be allowed. `Select` and `ReturnValues` always have a value. The last column: nobody can say whose items are',
    'touched, so that a condition on `dynamodb:LeadingKeys` refuses, in an Allow as in a Deny. An index alone is asked for where one is read.',
    '',
    '## Passed on',
    '',
    table(head, passed),
    '',
    '## Answered here',
    '',
    'Policies of tables and streams are kept by Hallpass, which decides by them; no backend knows of them.',
    '',
    table(head, answered),
    '',
    '## Not passed on',
    '',
    table(['Operation', 'Why'], refused),
    '',
    '## Members that are not passed on',
    '',
    'A request with one of these is refused, whatever the policies say: what it would do is not decided. So is one with a member that',
    'AWS adds later.',
    '',
    table(['Shape', 'Members'], members),
  ].join('\n')
}
