// The checks AWS makes of a Resource or NotResource entry when an identity policy is written.
import type { Malformed } from './grammar-shape.ts'

const partitions: ReadonlySet<string> = new Set([
  ...['aws', 'aws-cn', 'aws-us-gov', 'aws-iso', 'aws-iso-b', 'aws-iso-e', 'aws-iso-f', 'aws-eusc', '*'],
])

const iamPaths = [
  ...['user/', 'federated-user/', 'role/', 'group/', 'instance-profile/', 'mfa/', 'server-certificate/', 'policy/'],
  ...['sms-mfa/', 'saml-provider/', 'oidc-provider/', 'report/', 'access-report/'],
]

/**
 * What of S3 is in a region (Service Authorization Reference, "Actions, resources, and condition keys for Amazon S3",
 * resource types). Buckets and objects are in none.
 */
const regionalS3 = ['accesspoint/', 'access-grants/', 'async-request/', 'job/', 'storage-lens/', 'storage-lens-group/']

/** A complaint; `'legacy'` for what AWS's legacy parser refuses; undefined when the entry is fine. */
export function checkResource(resource: string): Malformed | 'legacy' | undefined {
  if (resource === '*') return undefined
  const [first, partition, service, region, account, ...rest] = resource.split(':') as [
    string,
    ...(string | undefined)[],
  ]
  if (partition === undefined) return { message: `Resource ${first} must be in ARN format or "*".` }
  if (!partitions.has(partition)) {
    const shown = [service || (region === undefined ? '*' : ''), region ?? '*', account ?? '*']
    const tail = rest.length > 0 ? rest.join(':') : '*'
    return {
      message: `Partition "${partition}" is not valid for resource "arn:${partition}:${shown.join(':')}:${tail}".`,
    }
  }
  if (service === undefined || /[*?]/.test(service))
    return { message: 'Resource vendor must be fully qualified and cannot contain regexes.' }
  const name = rest.join(':')
  const regional = region === undefined || region !== '' || account === undefined
  if (service === 'iam' && regional) return { message: `IAM resource ${resource} cannot contain region information.` }
  if (service === 's3' && region !== undefined && region !== '' && !regionalS3.some((path) => name.startsWith(path)))
    return { message: `Resource ${resource} can not contain region information.` }
  if (service === 'iam' && name !== '*' && name !== 'root' && !iamPaths.some((path) => name.startsWith(path)))
    return { message: `IAM resource path must either be "*" or start with ${iamPaths.join(', ')}.` }
  if (service === '' || (rest.length === 0 && resource.includes('::'))) return 'legacy'
  return undefined
}
