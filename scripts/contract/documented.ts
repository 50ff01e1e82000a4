// Bounds of shapes that AWS's services enforce and its documentation states, but no model has.
import type { Extract, ExtractedShape } from './merge.ts'
import type { SdkModel } from './sdk-schema.ts'

type Documented = Pick<ExtractedShape, 'max' | 'required'>

const documented: { readonly [service: string]: { readonly [shape: string]: Documented } } = {
  sts: {
    // "You can provide up to 10 managed policy ARNs" (STS API Reference, AssumeRole and its like).
    policyDescriptorListType: { max: 10 },
    // Without an ARN the caller meant a session policy and named none: that must not count as no session policy.
    PolicyDescriptorType: { required: ['arn'] },
  },
}

/** The extract with the documented bounds. Throws when a shape is gone, or has the bound itself by now. */
export function amended(service: string, extract: Extract): Extract {
  const shapes: Record<string, ExtractedShape> = { ...extract.shapes }
  for (const [name, more] of Object.entries(documented[service] ?? {})) {
    const shape = shapes[name]
    if (shape === undefined) throw new Error(`${service} has no shape ${name} to amend`)
    if (shape.max !== undefined && more.max !== undefined)
      throw new Error(`${service}: the model of ${name} has a bound by now`)
    shapes[name] = { ...shape, ...more }
  }
  return { ...extract, shapes }
}

/**
 * The kinds of numbers of structures that only the client has, and the client's schemas do not tell: shapes of the model, by the
 * text of the client's documentation (counts of items and bytes, a similarity). Other numbers have 32 bits.
 */
const numbers: { readonly [service: string]: { readonly [member: string]: 'LongObject' | 'DoubleObject' } } = {
  dynamodb: {
    'BulkOperationBytes.BulkPutBytes': 'LongObject',
    'BulkOperationDescription.FailedItemCount': 'LongObject',
    'BulkOperationDescription.ProcessedInputBytes': 'LongObject',
    'BulkOperationDescription.ProcessedItemCount': 'LongObject',
    'BulkOperationDescription.TotalInputBytes': 'LongObject',
    'BulkOperationUsage.BulkPutBytes': 'LongObject',
    'BulkOperationVectorBytes.BulkPutVectorBytes': 'LongObject',
    'SearchResultItem.Score': 'DoubleObject',
    'VectorCapacity.VectorSearchRequestBytes': 'LongObject',
    'VectorCapacity.VectorWriteRequestBytes': 'LongObject',
    'VectorIndexDescription.IndexSizeBytes': 'LongObject',
    'VectorIndexDescription.ItemCount': 'LongObject',
  },
}

/** The client's schemas with those numbers. Throws when one of them is no number of a structure of the client. */
export function withNumbers(service: string, sdk: SdkModel): SdkModel {
  const shapes = new Map(sdk.shapes)
  for (const [path, number] of Object.entries(numbers[service] ?? {})) {
    const [name = '', member = ''] = path.split('.')
    const shape = shapes.get(name)
    if (shape?.members?.[member] !== 'Integer') throw new Error(`${service} has no number ${path}`)
    shapes.set(name, { ...shape, members: { ...shape.members, [member]: number } })
  }
  return { ...sdk, shapes }
}
