// What AWS's services do and its documentation or clients state, but no model has: bounds of shapes, and operations.
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

/**
 * CreateSession, as the IAM Roles Anywhere credential helper sends it (github.com/aws/rolesanywhere-credential-helper, Apache-2.0; IAM Roles
 * Anywhere User Guide, "Authentication"). The certificate that signs it stands in headers, and is no member here.
 */
const createSession: Pick<Extract, 'operations' | 'shapes'> = {
  operations: {
    CreateSession: {
      http: ['POST', '/sessions', 201],
      input: 'CreateSessionRequest',
      output: 'CreateSessionResponse',
      errors: ['ValidationException', 'ResourceNotFoundException', 'AccessDeniedException'],
      auth: 'none',
    },
  },
  shapes: {
    CreateSessionRequest: {
      type: 'structure',
      members: {
        profileArn: 'ProfileArn',
        roleArn: 'RoleArn',
        trustAnchorArn: 'TrustAnchorArn',
        durationSeconds: 'CreateProfileRequestDurationSecondsInteger',
        instanceProperties: 'InstancePropertyMap',
        roleSessionName: 'RoleSessionName',
      },
      required: ['profileArn', 'roleArn', 'trustAnchorArn'],
      query: { profileArn: 'profileArn', roleArn: 'roleArn', trustAnchorArn: 'trustAnchorArn' },
    },
    CreateSessionResponse: { type: 'structure', members: { credentialSet: 'CredentialSet', subjectArn: 'String' } },
    CredentialSet: { type: 'list', member: 'CredentialResponse' },
    CredentialResponse: {
      type: 'structure',
      members: {
        assumedRoleUser: 'AssumedRoleUser',
        credentials: 'Credentials',
        packedPolicySize: 'Integer',
        roleArn: 'String',
        sourceIdentity: 'String',
      },
    },
    AssumedRoleUser: { type: 'structure', members: { arn: 'String', assumedRoleId: 'String' } },
    Credentials: {
      type: 'structure',
      members: {
        accessKeyId: 'String',
        secretAccessKey: 'SecretString',
        sessionToken: 'SecretString',
        expiration: 'String',
      },
    },
    SecretString: { type: 'string', sensitive: true },
    // As STS bounds it.
    RoleSessionName: { type: 'string', min: 2, max: 64, pattern: '[\\w+=,.@-]*' },
  },
}

const operations: { readonly [service: string]: typeof createSession } = { rolesanywhere: createSession }

/** The extract with what is documented. Throws when a shape is gone, or when the model has by now what is added. */
export function amended(service: string, extract: Extract): Extract {
  const more = operations[service] ?? { operations: {}, shapes: {} }
  for (const name of [...Object.keys(more.operations), ...Object.keys(more.shapes)]) {
    if (name in extract.operations || name in extract.shapes)
      throw new Error(`${service}: the model has ${name} by now`)
  }
  const shapes: Record<string, ExtractedShape> = { ...extract.shapes, ...more.shapes }
  for (const [name, more] of Object.entries(documented[service] ?? {})) {
    const shape = shapes[name]
    if (shape === undefined) throw new Error(`${service} has no shape ${name} to amend`)
    if (shape.max !== undefined && more.max !== undefined)
      throw new Error(`${service}: the model of ${name} has a bound by now`)
    shapes[name] = { ...shape, ...more }
  }
  return { ...extract, operations: { ...extract.operations, ...more.operations }, shapes }
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
