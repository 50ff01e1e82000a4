// Where a statement goes on. ExecuteStatement's token is the backend's, and says by itself where it reads on: those that callers get are
// sealed to the account, the table, the statement and its parameters, so that nobody makes one up or takes it to another statement
// (AWS refuses that too: "NextToken does not match request").
import { hash } from 'node:crypto'
import { encodeInput } from '../../wire/aws-json.ts'
import { contractOf } from '../../wire/contract.ts'
import { validationError } from '../../wire/errors.ts'
import type { Vault } from '../parts.ts'
import type { AnswerChanges } from './changed-answer.ts'
import type { Table } from './table.ts'

export type Seals = Pick<Vault, 'seal' | 'open'>

/** A statement as it is sent. */
interface Sent {
  readonly Statement: string
  readonly Parameters?: readonly object[] | undefined
}

/** The name under which tokens are sealed. */
const record = 'statement-token'

const operation = contractOf('dynamodb').operation('ExecuteStatement')

function boundTo({ arn }: Table, { Statement, Parameters }: Sent): string {
  if (operation === undefined) throw new TypeError('no ExecuteStatement')
  return `${arn} ${hash('sha256', encodeInput(operation, { Statement, Parameters }))}`
}

/** The backend's own token. @throws ValidationException */
export function openToken(vault: Seals, table: Table, sent: Sent, token: string): string {
  try {
    return vault.open(table.account, record, boundTo(table, sent), token)
  } catch {
    throw validationError('aws-json', 'NextToken does not match request')
  }
}

/** The answer with the backend's token sealed. */
export const sealingToken = (vault: Seals, table: Table, sent: Sent): AnswerChanges => ({
  text: (name, text) => (name === 'NextToken' ? vault.seal(table.account, record, boundTo(table, sent), text) : text),
})
