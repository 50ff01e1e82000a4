// ExecuteStatement, BatchExecuteStatement and ExecuteTransaction (Developer Guide, "IAM security policies with PartiQL for DynamoDB"): each
// statement is an action of PartiQL's own. What is sent is printed from the tree that was decided on.
import type { AttributeValue } from '../../core/dynamodb/attribute-value.ts'
import { parseStatement } from '../../core/dynamodb/partiql/parse.ts'
import { pinsOf } from '../../core/dynamodb/partiql/pins.ts'
import { print } from '../../core/dynamodb/partiql/print.ts'
import type { Statement } from '../../core/dynamodb/partiql/statement.ts'
import { mostCharacters } from '../../core/dynamodb/partiql/tokens.ts'
import {
  indexOf,
  isAllAttributes,
  parameterCount,
  returnValuesOf,
  tableOf,
  topLevelNames,
  withTable,
} from '../../core/dynamodb/partiql/touched.ts'
import { allOf, andThen } from '../../core/maybe.ts'
import { validationError } from '../../wire/errors.ts'
import { type Access, ofTable, type Touched } from './access.ts'
import { statementErrors } from './backend-errors.ts'
import { requireOnePlace } from './batch.ts'
import { type LeadingValues, leadingValues, returnedValues } from './item.ts'
import type { Plan, Planner, Scene } from './plan.ts'
import { type KnownSchema, keysOf } from './schemas.ts'
import { openToken, type Seals, sealingToken } from './statement-tokens.ts'
import { isIndexName, type Table, tableNamed } from './table.ts'

interface StatementInput {
  readonly Statement?: string | undefined
  readonly Parameters?: readonly AttributeValue[] | undefined
  readonly ReturnValuesOnConditionCheckFailure?: string | undefined
}

/** A statement of a request, read. */
interface Read {
  readonly input: StatementInput
  readonly statement: Statement
  readonly table: Table
}

const actions = {
  select: 'PartiQLSelect',
  insert: 'PartiQLInsert',
  update: 'PartiQLUpdate',
  delete: 'PartiQLDelete',
  exists: 'PartiQLSelect',
} as const

function readStatement(input: StatementInput, { place }: Scene): Read {
  const read = parseStatement(input.Statement ?? '')
  if ('wrong' in read) throw validationError('aws-json', read.wrong)
  const statement = read.parsed
  const given = input.Parameters?.length ?? 0
  if (parameterCount(statement) !== given) {
    throw validationError('aws-json', 'Number of parameters in request and statement don’t match.')
  }
  const index = indexOf(statement)
  if (index !== undefined && !isIndexName(index)) throw validationError('aws-json', 'Invalid index name')
  return { input, statement, table: tableNamed(tableOf(statement), place) }
}

function leadingOf({ statement, input }: Read, schema: KnownSchema): LeadingValues {
  const keys = keysOf(schema, indexOf(statement))
  const names = keys?.partition.map(({ name }) => name) ?? []
  const pins = keys && pinsOf(statement, names, input.Parameters ?? [])
  if (keys === undefined || pins === undefined) return {}
  return leadingValues(
    keys,
    names.map((name) => pins.get(name) ?? []),
  )
}

interface Shared {
  readonly returnConsumedCapacity: string
  readonly enclosing?: 'ExecuteTransaction'
}

/** INVARIANT: a statement that pins no partition reads the whole table: it has no leading keys, and a condition on them refuses it. */
function accessesOf(read: Read, schema: KnownSchema, shared: Shared): readonly Access[] {
  const { statement, table, input } = read
  const values = leadingOf(read, schema)
  const touched: Touched = {
    ...shared,
    ...values,
    attributes: [...topLevelNames(statement)],
  }
  // The index alone where one is read, as of Query.
  const access = ofTable(actions[statement.kind], table, indexOf(statement))
  if (statement.kind === 'select' || statement.kind === 'exists') {
    // INVARIANT: an EXISTS that fails gives the whole item back where that is asked for, whatever it selects.
    const all = isAllAttributes(statement) || showsOld(input)
    const select = all ? 'ALL_ATTRIBUTES' : 'SPECIFIC_ATTRIBUTES'
    const returned = showsOld(input) ? { returnValues: 'ALL_OLD' } : {}
    return [{ ...access, touched: { ...touched, ...returned, select, fullTableScan: values.leading === undefined } }]
  }
  const { ReturnValuesOnConditionCheckFailure } = input
  const returned = returnedValues({ ReturnValues: returnValuesOf(statement), ReturnValuesOnConditionCheckFailure })
  return returned.map((returnValues) => ({ ...access, touched: { ...touched, returnValues } }))
}

type SentStatement = StatementInput & { readonly Statement: string }

/** Printed anew, names and signs may take more room than as they were written. */
function sentStatement({ input, statement, table }: Read): SentStatement {
  const Statement = print(withTable(statement, table.name))
  if (Statement.length > mostCharacters) {
    throw validationError(
      'aws-json',
      `Statement wasn't well formed, can't be processed: longer than ${mostCharacters} characters`,
    )
  }
  return { ...input, Statement }
}

function planStatements(
  inputs: readonly StatementInput[],
  scene: Scene,
  shared: Shared,
  more: (
    statements: readonly SentStatement[],
    tables: readonly Table[],
  ) => Pick<Plan, 'sent' | 'onceAllowed' | 'answered'>,
) {
  const reads = inputs.map((input) => readStatement(input, scene))
  requireStatements(reads, shared.enclosing)
  const tables = reads.map(({ table }) => table)
  requireOnePlace(tables)
  return andThen(
    allOf(tables.map((table) => scene.schemaOf(table))),
    (schemas): Plan => ({
      accesses: reads.flatMap((read, at) => accessesOf(read, schemas[at] ?? 'unknown', shared)),
      at: tables[0] ?? scene.place,
      tables,
      showsOld: inputs.map(showsOld),
      ...more(reads.map(sentStatement), tables),
    }),
  )
}

const showsOld = (input: StatementInput) => input.ReturnValuesOnConditionCheckFailure === 'ALL_OLD'

/** A transaction reads or writes, and it alone has conditions on items that it does not touch. */
function requireStatements(reads: readonly Read[], enclosing: Shared['enclosing']): void {
  const kinds = new Set(reads.map(({ statement }) => statement.kind))
  if (enclosing === undefined && kinds.has('exists')) {
    throw validationError('aws-json', 'EXISTS() is only supported in ExecuteTransaction')
  }
  if (enclosing !== undefined && kinds.has('select') && kinds.size > 1) {
    throw validationError('aws-json', 'A transaction cannot contain both read and write statements')
  }
}

const capacityOf = ({ ReturnConsumedCapacity = 'NONE' }: { readonly ReturnConsumedCapacity?: string | undefined }) =>
  ReturnConsumedCapacity

interface OneStatement extends StatementInput {
  readonly ReturnConsumedCapacity?: string | undefined
  readonly NextToken?: string | undefined
}

export const planExecuteStatement =
  (vault: Seals): Planner<OneStatement> =>
  (input, scene) =>
    planStatements([input], scene, { returnConsumedCapacity: capacityOf(input) }, ([statement], [table]) => {
      if (statement === undefined || table === undefined) throw new TypeError('no statement')
      const { NextToken, ...rest } = input
      return {
        sent: { ...rest, Statement: statement.Statement },
        answered: sealingToken(vault, table, statement),
        ...(NextToken === undefined
          ? {}
          : { onceAllowed: () => ({ NextToken: openToken(vault, table, statement, NextToken) }) }),
      }
    })

/** DIVERGES: a statement that is denied refuses the batch; what AWS does is not documented. */
export const planBatchExecuteStatement: Planner<{
  readonly Statements?: readonly StatementInput[] | undefined
  readonly ReturnConsumedCapacity?: string | undefined
}> = (input, scene) =>
  planStatements(
    input.Statements ?? [],
    scene,
    { returnConsumedCapacity: capacityOf(input) },
    (Statements, tables) => ({
      sent: { ...input, Statements },
      answered: statementErrors(Statements.map(showsOld), tables[0] ?? scene.place),
    }),
  )

export const planExecuteTransaction: Planner<{
  readonly TransactStatements?: readonly StatementInput[] | undefined
  readonly ReturnConsumedCapacity?: string | undefined
}> = (input, scene) =>
  planStatements(
    input.TransactStatements ?? [],
    scene,
    { returnConsumedCapacity: capacityOf(input), enclosing: 'ExecuteTransaction' },
    (TransactStatements) => ({ sent: { ...input, TransactStatements } }),
  )
