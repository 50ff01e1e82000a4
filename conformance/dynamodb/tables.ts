// The tables of the recorded backend, as these tests know them without any code of the product.

export interface Index {
  readonly partition: readonly (readonly [name: string, type: 'S' | 'N' | 'B'])[]
}
export interface TableOf extends Index {
  readonly sort?: readonly [name: string, type: 'S' | 'N' | 'B']
  readonly indexes: Readonly<Record<string, Index>>
}

export const tables: Readonly<Record<string, TableOf>> = {
  Games: {
    partition: [['UserId', 'S']],
    sort: ['Title', 'S'],
    indexes: {
      ByTitle: { partition: [['Title', 'S']] },
      ByPair: {
        partition: [
          ['Title', 'S'],
          ['Grade', 'N'],
        ],
      },
    },
  },
  Numbers: { partition: [['n', 'N']], indexes: {} },
  Bytes: { partition: [['b', 'B']], sort: ['n', 'N'], indexes: {} },
  // As a name can be.
  'x.y-z_constructor': { partition: [['constructor', 'S']], indexes: {} },
}

/** What a backend answers to DescribeTable; undefined for a table that is not there. */
export function description(name: string): string | undefined {
  const table = Object.hasOwn(tables, name) ? tables[name] : undefined
  if (table === undefined) return undefined
  const keys = (partition: Index['partition'], sort?: TableOf['sort']) => [
    ...partition.map(([AttributeName]) => ({ AttributeName, KeyType: 'HASH' })),
    ...(sort === undefined ? [] : [{ AttributeName: sort[0], KeyType: 'RANGE' }]),
  ]
  const all = [
    ...table.partition,
    ...(table.sort === undefined ? [] : [table.sort]),
    ...Object.values(table.indexes).flatMap(({ partition }) => partition),
  ]
  return JSON.stringify({
    Table: {
      TableName: name,
      AttributeDefinitions: [...new Map(all)].map(([AttributeName, AttributeType]) => ({
        AttributeName,
        AttributeType,
      })),
      KeySchema: keys(table.partition, table.sort),
      GlobalSecondaryIndexes: Object.entries(table.indexes).map(([IndexName, { partition }]) => ({
        IndexName,
        KeySchema: keys(partition),
      })),
    },
  })
}
