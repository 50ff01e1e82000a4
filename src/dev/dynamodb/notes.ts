// The table of the demonstration: notes of two people, each under their own name, and one for everybody; and what lets people at
// their own.
import { engineering } from '../demonstration.ts'

export const notesTable = 'notes'

/** The partition key's value of what is everybody's. */
export const everyone = 'everyone'

const keyOf = (name: string, KeyType: 'HASH' | 'RANGE') => ({ AttributeName: name, KeyType })
const typeOf = (name: string) => ({ AttributeName: name, AttributeType: 'S' })

/** CreateTable's input. */
export const notes = {
  TableName: notesTable,
  KeySchema: [keyOf('writer', 'HASH'), keyOf('id', 'RANGE')],
  AttributeDefinitions: [typeOf('writer'), typeOf('id')],
  BillingMode: 'PAY_PER_REQUEST',
}

const rows: readonly (readonly [writer: string, id: string, text: string])[] = [
  ['alice', '1', 'Ask carol for a role that may deploy.'],
  ['alice', '2', 'Orders: the nightly job takes too long.'],
  ['bob', '1', 'Payments: new certificate in March.'],
  [everyone, '1', 'The canteen is closed on Friday.'],
]

/** Somebody else who has notes. */
export const otherThan = (writer: string): string =>
  rows.find(([one]) => one !== writer && one !== everyone)?.[0] ?? everyone

/** Inputs of PutItem. */
export const noteItems = rows.map(([writer, id, text]) => ({
  TableName: notesTable,
  Item: { writer: { S: writer }, id: { S: id }, text: { S: text } },
}))

const notesArn = `arn:aws:dynamodb:us-east-1:${engineering}:table/${notesTable}`
const reads = ['dynamodb:GetItem', 'dynamodb:BatchGetItem', 'dynamodb:Query']
const writes = ['dynamodb:PutItem', 'dynamodb:UpdateItem', 'dynamodb:DeleteItem', 'dynamodb:BatchWriteItem']

/**
 * Statements that let somebody read and write their own notes, and read everybody's (DynamoDB Developer Guide, "Using IAM policy conditions for
 * fine-grained access control"). `own`: the partition key's value that is theirs, as a policy's variable.
 */
export const notesStatements = (own: string): readonly object[] => {
  const under = (...writers: readonly string[]) => ({
    'ForAllValues:StringEquals': { 'dynamodb:LeadingKeys': writers },
  })
  return [
    { Sid: 'OwnNotes', Action: [...reads, ...writes], Resource: notesArn, Condition: under(own) },
    { Sid: 'EverybodysNotes', Action: reads, Resource: notesArn, Condition: under(own, everyone) },
  ]
}
