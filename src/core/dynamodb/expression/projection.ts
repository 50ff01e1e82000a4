// Projections (Amazon DynamoDB Developer Guide, "Using projection expressions in DynamoDB"): paths, with commas between.
import { readPath } from './operands.ts'
import { list, type Parsed, read } from './reading.ts'
import type { Substitutions } from './substitutions.ts'
import type { Projection } from './tree.ts'

const keywords: ReadonlySet<string> = new Set()

export const parseProjection = (text: string, substitutions: Substitutions): Parsed<Projection> =>
  read('ProjectionExpression', text, substitutions, keywords, (reading) => ({
    kind: 'projection',
    paths: list(reading, readPath),
  }))
