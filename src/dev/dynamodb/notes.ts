// The table of the demonstration: notes of two people, each under their own name, and one for everybody.

export const notesTable = 'notes'

/** The partition key's value of what is everybody's. */
export const everyone = 'everyone'

const keyOf = (name: string, KeyType: 'HASH' | 'RANGE') => ({ AttributeName: name, KeyType })
const typeOf = (name: string) => ({ AttributeName: name, AttributeType: 'S' })

/** CreateTable's input. */
export const notes = {
  TableName: notesTable,
  KeySchema: [keyOf('owner', 'HASH'), keyOf('id', 'RANGE')],
  AttributeDefinitions: [typeOf('owner'), typeOf('id')],
  BillingMode: 'PAY_PER_REQUEST',
}

const rows: readonly (readonly [owner: string, id: string, text: string])[] = [
  ['alice', '1', 'Ask carol for a role that may deploy.'],
  ['alice', '2', 'Orders: the nightly job takes too long.'],
  ['bob', '1', 'Payments: new certificate in March.'],
  [everyone, '1', 'The canteen is closed on Friday.'],
]

/** Inputs of PutItem. */
export const noteItems = rows.map(([owner, id, text]) => ({
  TableName: notesTable,
  Item: { owner: { S: owner }, id: { S: id }, text: { S: text } },
}))
