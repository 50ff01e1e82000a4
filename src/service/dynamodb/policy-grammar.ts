// What DynamoDB checks of a policy when it is written (API Reference, PutResourcePolicy; Developer Guide, "DynamoDB API operations
// supported by resource-based policies" and "Blocking public access"). Sentences as recorded from the service.
import type { Allowance } from '../../core/policy/allowance.ts'
import { foldCase } from '../../core/policy/casing.ts'
import { readDocument, readJson, type Statement } from '../../core/policy/document.ts'
import { checkResourcePolicy } from '../../core/policy/grammar.ts'
import { elementStrings } from '../../core/policy/grammar-shape.ts'
import { globOf, matchGlob, wildcardPieces, yes } from '../../core/policy/wildcard.ts'
import { validationError } from '../../wire/errors.ts'
import { isUnbounded } from './policy-bounds.ts'
import { resourceOf } from './table.ts'

/** 20 KB, white space included. */
export const mostBytes = 20_480

const invalid = (what: string) => validationError('aws-json', `One or more parameter values were invalid: ${what}`)
const malformed = (what: string) => invalid(`Invalid policy document: ${what}`)

export const invalidPrincipal = () => invalid('Invalid principal in policy document.')

export type PolicyKind = 'table' | 'stream'

/** Checks all but whether its principals exist. @throws ValidationException */
export function checkTablePolicy(text: string, kind: PolicyKind): void {
  if (Buffer.byteLength(text) > mostBytes) throw invalid(`Maximum policy size of ${mostBytes} bytes exceeded`)
  if ('error' in readJson(text)) throw malformed('This policy contains invalid Json')
  const fault = checkResourcePolicy(text)?.message
  if (fault?.startsWith('Invalid principal in policy:')) throw invalidPrincipal()
  if (fault !== undefined) throw malformed(inItsWords.get(fault) ?? fault)
  const document = readDocument(text)
  if ('error' in document) throw malformed('This policy contains invalid Json')
  for (const statement of document.statements) checkResources(statement, kind)
  checkActions(document.statements, kind)
  if (document.statements.some(isUnbounded)) {
    throw validationError(
      'aws-json',
      'Resource-based policy grants unbounded access in one or more elements. Please revise the policy to ensure least-privilege form of access',
    )
  }
}

const inItsWords: ReadonlyMap<string, string> = new Map([
  ['Statement IDs (SID) in a single policy must be unique.', 'The Statement Ids in the policy are not unique'],
])

const ofPolicies = ['DeleteResourcePolicy', 'GetResourcePolicy', 'PutResourcePolicy']

const actionsOf: Readonly<Record<PolicyKind, readonly string[]>> = {
  table: [
    ...['BatchGetItem', 'BatchWriteItem', 'ConditionCheckItem', 'DeleteItem', 'GetItem', 'PutItem', 'UpdateItem'],
    ...['Query', 'Scan', 'SearchVectors', 'PartiQLDelete', 'PartiQLInsert', 'PartiQLSelect', 'PartiQLUpdate'],
    ...['DeleteTable', 'DescribeTable', 'UpdateTable', 'ListTagsOfResource', 'TagResource', 'UntagResource'],
    ...['DescribeTimeToLive', 'UpdateTimeToLive', 'DescribeContributorInsights', 'UpdateContributorInsights'],
    ...['CreateBackup', 'DescribeContinuousBackups', 'UpdateContinuousBackups', 'RestoreTableToPointInTime'],
    ...['ExportTableToPointInTime', 'DescribeTableReplicaAutoScaling', 'UpdateTableReplicaAutoScaling'],
    ...['DescribeKinesisStreamingDestination', 'DisableKinesisStreamingDestination'],
    ...['EnableKinesisStreamingDestination', 'UpdateKinesisStreamingDestination'],
    ...['ReadDataForReplication', 'WriteDataForReplication', 'ReplicateSettings'],
    ...ofPolicies,
  ].map((name) => foldCase(`dynamodb:${name}`)),
  stream: ['DescribeStream', 'GetRecords', 'GetShardIterator', ...ofPolicies].map((name) =>
    foldCase(`dynamodb:${name}`),
  ),
}

/** An action that the resource does not have protects nothing and opens nothing: its author meant another. */
function checkActions(statements: readonly Statement[], kind: PolicyKind): void {
  const allowance = { left: mostSteps }
  const wrong = statements
    .flatMap(({ elements }) => elementStrings(elements.get('Action') ?? elements.get('NotAction')) ?? [])
    .filter((action) => !isActionOf(action, kind, allowance))
  if (wrong.length === 0) return
  const names = wrong.map((action) => `"${action}"`).join(', ')
  throw malformed(`The following action names are invalid: ${names.slice(0, longestList)}`)
}

const longestList = 1_024
/** Of comparing patterns with names, in all: hundreds of ordinary ones. What comes after it is taken for no action. */
const mostSteps = 400_000

function isActionOf(action: string, kind: PolicyKind, allowance: Allowance): boolean {
  if (action === '*') return true
  const glob = globOf(wildcardPieces(foldCase(action)))
  return actionsOf[kind].some((name) => matchGlob(glob, name, allowance) === yes)
}

function checkResources({ elements }: Statement, kind: PolicyKind): void {
  const resources = elementStrings(elements.get('Resource') ?? elements.get('NotResource'))
  if (resources === undefined) throw malformed('Missing required field Resource')
  for (const text of resources) {
    // What stands whole is of a table, with its indexes, or of a stream; of another table it may be, and then says nothing here.
    const named = resourceOf(text)
    if (named === undefined || (named.kind === 'stream') === (kind === 'stream')) continue
    const relative = text.slice(text.indexOf('table/'))
    throw malformed(`The relative-id "${relative}" is invalid for ARN "${text}"`)
  }
}
