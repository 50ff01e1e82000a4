// The resource of a wish: an ARN of the service's own, in which nothing that came with a request can mean more than a name.
import { isAccountId, parseArn } from '../core/arn.ts'

/** A part of an ARN that is no plain name: whoever sent it is answered with status 400. */
export class UnsafeResource extends Error {
  constructor(message: string) {
    super(message)
    this.name = 'UnsafeResource'
  }
}

/** Longest part, in characters. */
const LONGEST = 512

/** What separates parts, what policies read as wildcards or variables, what is no name: blanks, controls. */
const unsafe = /[\p{C}\p{Z}*?${}:/\\"<>|]/u

const isDots = (text: string) => text === '.' || text === '..'

/**
 * Writes an ARN, with parts that came from outside: arn`arn:aws:notes:eu-west-1:111122223333:note/${id}`.
 * @throws UnsafeResource for a part that is empty, `.` or `..`, or has a separator, a wildcard, a variable or a blank in it
 */
export function arn(texts: TemplateStringsArray, ...parts: readonly (string | number)[]): string {
  return texts.reduce((whole, text, at) => {
    const part = String(parts[at - 1])
    if (part === '' || part.length > LONGEST || unsafe.test(part) || isDots(part))
      throw new UnsafeResource('A name in the request is empty, too long, or has characters that names do not have.')
    return whole + part + text
  })
}

/**
 * The account that owns a resource of the service; undefined for `*`.
 * @throws UnsafeResource for a wildcard or a variable in it, TypeError for one that is not the service's
 */
export function ownerOf(resource: string, prefix: string): string | undefined {
  if (resource === '*') return undefined
  const { partition = '', service, account = '', resource: name = '' } = parseArn(resource) ?? {}
  if (!/^aws(?:-[a-z]+)*$/.test(partition) || service !== prefix || !isAccountId(account))
    throw new TypeError(`${resource} is no ARN like arn:aws:${prefix}:REGION:ACCOUNT:TYPE/NAME.`)
  if (/[\p{Cc}*?]|\$\{/u.test(resource) || name.split('/').some((part) => part === '' || isDots(part)))
    throw new UnsafeResource('The name of the resource has characters that names do not have.')
  return account
}
