// TransactGetItems and TransactWriteItems: each member is decided as the operation on its item, with the transaction's name as
// dynamodb:EnclosingOperation (Developer Guide, "Using IAM with DynamoDB transactions").
import { allOf, andThen } from '../../core/maybe.ts'
import { validationError } from '../../wire/errors.ts'
import { type Access, ofTable } from './access.ts'
import { requireOnePlace } from './batch.ts'
import { type ItemInput, type ItemRequest, itemRequest, leadingOf, sentItem, touchedItem } from './item.ts'
import type { Plan, Planner, Scene } from './plan.ts'

interface GetMember {
  readonly Get?: ItemInput | undefined
}
interface WriteMember {
  readonly ConditionCheck?: ItemInput | undefined
  readonly Put?: ItemInput | undefined
  readonly Delete?: ItemInput | undefined
  readonly Update?: ItemInput | undefined
}
interface Transaction<M> {
  readonly TransactItems?: readonly M[] | undefined
  readonly ReturnConsumedCapacity?: string | undefined
}

/** A member of a transaction, under its name, with the action that it is. */
interface Member {
  readonly name: string
  readonly action: string
  readonly input: ItemInput
}

const writes = {
  ConditionCheck: 'ConditionCheckItem',
  Put: 'PutItem',
  Delete: 'DeleteItem',
  Update: 'UpdateItem',
} as const

export const planTransactGet: Planner<Transaction<GetMember>> = (input, scene) =>
  planTransaction('TransactGetItems', input, scene, ({ Get }) =>
    Get === undefined ? notOne() : { name: 'Get', action: 'GetItem', input: Get },
  )

export const planTransactWrite: Planner<Transaction<WriteMember>> = (input, scene) =>
  planTransaction('TransactWriteItems', input, scene, (member) => {
    const given = (Object.keys(writes) as (keyof typeof writes)[]).filter((name) => member[name] !== undefined)
    const [name] = given
    const own = name === undefined ? undefined : member[name]
    if (name === undefined || own === undefined || given.length > 1) return notOne()
    return { name, action: writes[name], input: own }
  })

function notOne(): never {
  throw validationError('aws-json', 'TransactItems can only contain one of Check, Put, Update or Delete')
}

function planTransaction<M>(
  enclosing: 'TransactGetItems' | 'TransactWriteItems',
  input: Transaction<M>,
  scene: Scene,
  memberOf: (member: M) => Member,
) {
  const { ReturnConsumedCapacity } = input
  const members = (input.TransactItems ?? []).map((each) => {
    const member = memberOf(each)
    return { member, request: itemRequest(member.input, scene) }
  })
  const tables = members.map(({ request }) => request.table)
  requireOnePlace(tables)
  return andThen(allOf(tables.map((table) => scene.schemaOf(table))), (schemas): Plan => {
    const accesses = members.map(({ member, request }, at): Access => {
      const leading = leadingOf(schemas[at] ?? 'unknown', request.attributes)
      const kind = enclosing === 'TransactGetItems' ? 'read' : 'write'
      const touched = touchedItem(request, leading, { ReturnConsumedCapacity }, kind)
      return {
        ...ofTable(member.action, request.table),
        touched: { ...touched, enclosing, ...returned(enclosing, member) },
      }
    })
    const sent = { ...input, TransactItems: members.map(({ member, request }) => sentMember(member, request)) }
    const showsOld = members.map(({ member }) => asksForOld(member))
    return { accesses, at: tables[0] ?? scene.place, sent, tables, showsOld }
  })
}

const asksForOld = ({ input }: Member) => input.ReturnValuesOnConditionCheckFailure === 'ALL_OLD'

/** In a transaction that writes, what a failed condition gives back is what policies know as ReturnValues. */
const returned = (enclosing: string, member: Member) =>
  enclosing === 'TransactGetItems' ? {} : { returnValues: asksForOld(member) ? 'ALL_OLD' : 'NONE' }

const sentMember = (member: Member, request: ItemRequest) => ({ [member.name]: sentItem(member.input, request) })
