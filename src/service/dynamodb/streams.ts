// DynamoDB Streams (Amazon DynamoDB Streams API Reference). GetRecords names no stream, only an iterator: those that callers get are
// sealed to the stream's ARN, so that the ARN is decided on.
import { andThen } from '../../core/maybe.ts'
import { validationError } from '../../wire/errors.ts'
import { ofResource } from './access.ts'
import type { AnswerChanges } from './changed-answer.ts'
import type { Planner } from './plan.ts'
import type { Seals } from './statement-tokens.ts'
import { type Resource, resourceOf } from './table.ts'
import { resourceAt } from './tables.ts'

/** The name under which iterators are sealed. */
const record = 'shard-iterator'

/** `<ARN in base64url>.<sealed>`: the ARN is the sealed text's additional data. */
const given = (vault: Seals, { table, arn }: Resource, iterator: string): string =>
  `${Buffer.from(arn).toString('base64url')}.${vault.seal(table.account, record, arn, iterator)}`

/** The stream of an iterator that was given here, and the backend's own iterator. */
function read(vault: Seals, text: string): { readonly stream: Resource; readonly iterator: string } {
  const at = text.indexOf('.')
  const stream = resourceOf(Buffer.from(text.slice(0, Math.max(0, at)), 'base64url').toString())
  if (stream?.kind === 'stream') {
    try {
      return { stream, iterator: vault.open(stream.table.account, record, stream.arn, text.slice(at + 1)) }
    } catch {
      // Not sealed here, or for another stream: refused as any other.
    }
  }
  throw validationError('aws-json', 'Invalid ShardIterator')
}

/** The answer with the backend's iterator sealed. */
const sealing = (vault: Seals, stream: Resource, member: string): AnswerChanges => ({
  text: (name, text) => (name === member ? given(vault, stream, text) : text),
})

export const planGetShardIterator =
  (vault: Seals): Planner<{ readonly StreamArn?: string | undefined }> =>
  (input, scene) => {
    const stream = resourceAt(input.StreamArn, ['stream'])
    return andThen(scene.arnAtBackend(stream.table, stream.arn), (StreamArn) => ({
      ...{ accesses: [ofResource('GetShardIterator', stream)], at: stream.table, sent: { ...input, StreamArn } },
      ...{ tables: [stream.table], answered: sealing(vault, stream, 'ShardIterator') },
    }))
  }

/** Records hold every item and attribute: no conditions on items bound them. */
export const planGetRecords =
  (vault: Seals): Planner<{ readonly ShardIterator?: string | undefined }> =>
  (input) => {
    const { stream, iterator } = read(vault, input.ShardIterator ?? '')
    return {
      ...{
        accesses: [ofResource('GetRecords', stream)],
        at: stream.table,
        sent: { ...input, ShardIterator: iterator },
      },
      ...{ tables: [stream.table], answered: sealing(vault, stream, 'NextShardIterator') },
    }
  }
