// Plans of requests for tables whose keys are known.
import type { AttributeValue } from '../../../core/dynamodb/attribute-value.ts'
import type { Access } from '../access.ts'
import type { Plan, Planner, Scene } from '../plan.ts'
import type { TableSchema } from '../schemas.ts'

export const place = { account: '111122223333', region: 'eu-west-1' }
export const arn = (name: string, account = place.account) => `arn:aws:dynamodb:eu-west-1:${account}:table/${name}`

const games: TableSchema = {
  partition: [{ name: 'UserId', type: 'S' }],
  sort: [{ name: 'Title', type: 'S' }],
  indexes: new Map([
    ['ByTitle', { partition: [{ name: 'Title', type: 'S' }], sort: [] }],
    [
      'ByPair',
      {
        partition: [
          { name: 'Title', type: 'S' },
          { name: 'Grade', type: 'N' },
        ],
        sort: [],
      },
    ],
  ]),
  backendArn: undefined,
}
const numbers: TableSchema = { ...games, partition: [{ name: 'n', type: 'N' }], sort: [] }
const bytes: TableSchema = { ...games, partition: [{ name: 'b', type: 'B' }], sort: [] }
const known = new Map([
  ['games', games],
  ['numbers', numbers],
  ['bytes', bytes],
])

const scene: Scene = {
  place,
  schemaOf: ({ name }) => known.get(name) ?? 'unknown',
  arnAtBackend: (_table, text) => text,
}

export const seals = {
  seal: (...[, , , plain]: string[]) => plain ?? '',
  open: (...[, , , sealed]: string[]) => sealed ?? '',
}

export const plan = <I>(planner: Planner<I>, input: I): Plan => {
  const made = planner(input, scene)
  if (made instanceof Promise) throw new TypeError('every schema is known here')
  return made
}

/** Action, what stands after `table/`, and the touched. */
export const short = ({ action, resource, touched = {} }: Access) =>
  [action, resource.replace(/^.*:table\//, ''), touched] as const

export const S = (text: string): AttributeValue => ({ S: text })
export const key = { UserId: S('u1'), Title: S('t') }
export const defaults = { returnConsumedCapacity: 'NONE' }
