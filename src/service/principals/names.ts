// Names, paths and ARNs of IAM resources: which are valid (IAM User Guide, "IAM and AWS STS quotas", and "IAM identifiers").
// Those in a request were validated against the model before; those in a file were not.
import { parseArn } from '../../core/arn.ts'
import { invalid, invalidInput, malformedArn } from './refusals.ts'

const NAME = /^[\w+=,.@-]+$/
const PATH = /^(?:\/|\/[\x21-\x7e]+\/)$/
const POLICY_PATH = /^(?:\/[A-Za-z0-9.,+@=_-]+)*\/$/
/** Paths under which AWS itself creates roles. */
const RESERVED_PATHS = ['/aws-service-role/', '/aws-reserved/']

/** Refuses a name that no user, role, policy or device can have; `member` as the model spells it, but with a small first letter. */
export function checkName(member: string, name: string, longest: number): void {
  if (!NAME.test(name)) {
    throw invalid(
      `The specified value for ${member} is invalid. It must contain only alphanumeric characters and/or the following: +=,.@_-`,
    )
  }
  if (name.length > longest) {
    throw invalid(
      `1 validation error detected: Value at '${member}' failed to satisfy constraint: Member must have length less than or equal to ${longest}`,
    )
  }
}

/** Refuses a path that is not `/` or `/…/`. */
export function checkPath(path: string): void {
  if (path.length > 512) {
    throw invalid(
      `1 validation error detected: Value at 'path' failed to satisfy constraint: Member must have length less than or equal to 512`,
    )
  }
  const reserved = RESERVED_PATHS.some((prefix) => path.toLowerCase().startsWith(prefix))
  if (reserved || !PATH.test(path)) {
    throw invalid(
      'The specified value for path is invalid. It must begin and end with / and contain only alphanumeric characters and/or / characters.',
    )
  }
}

/** A parsed ARN of a managed policy. `account` is `aws` for those that ship with the product. */
export interface PolicyArn {
  readonly arn: string
  readonly account: string
  readonly path: string
  readonly name: string
}

/** Undefined when the text is not a managed policy's ARN. */
export function parsePolicyArn(text: string): PolicyArn | undefined {
  const arn = parseArn(text)
  if (arn === undefined || arn.partition !== 'aws' || arn.service !== 'iam' || arn.region !== '') return undefined
  if (arn.account !== 'aws' && !/^\d{12}$/.test(arn.account)) return undefined
  if (!arn.resource.startsWith('policy/')) return undefined
  const slash = arn.resource.lastIndexOf('/')
  const path = arn.resource.slice('policy'.length, slash + 1)
  const name = arn.resource.slice(slash + 1)
  return NAME.test(name) && POLICY_PATH.test(path) ? { arn: text, account: arn.account, path, name } : undefined
}

/** @throws ValidationError when the text is not a managed policy's ARN. */
export function policyArnOf(text: string): PolicyArn {
  const arn = parsePolicyArn(text)
  if (arn === undefined) throw malformedArn()
  return arn
}

/** @throws InvalidInput, AWS's answer for boundaries, when the text is not a managed policy's ARN. */
export function boundaryArnOf(text: string): PolicyArn {
  const arn = parsePolicyArn(text)
  if (arn === undefined) throw invalidInput(`ARN ${text} is not valid.`)
  return arn
}

export const mfaArn = (account: string, path: string, name: string) => `arn:aws:iam::${account}:mfa${path}${name}`

/** A policy document as responses encode it: RFC 3986, every reserved character encoded. */
export const encodeDocument = (text: string): string =>
  encodeURIComponent(text).replace(/[!'()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`)
