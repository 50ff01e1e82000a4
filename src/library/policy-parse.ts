// Policies of `hallpass/policy`: read once, strictly, with the place of what is wrong.
import { isOperator } from '../core/policy/conditions.ts'
import { placeOf, readDocument, type Statement } from '../core/policy/document.ts'
import { checkIdentityPolicy, checkResourcePolicy, checkTrustPolicy } from '../core/policy/grammar.ts'
import { adopt, compiled } from './policy-compiled.ts'
import type { ParseOptions, Policy, PolicyKind } from './policy-types.ts'

/** A policy that AWS would not take, or that could not be evaluated. */
export class PolicyError extends Error {
  /** Where in the text, both from 1. Of a rule about a whole statement, where that begins. */
  readonly line: number
  readonly column: number
  constructor(message: string, line: number, column: number) {
    super(`${message} (line ${line}, column ${column})`)
    this.name = 'PolicyError'
    this.line = line
    this.column = column
  }
}

/** The write-time checks of AWS, where it has some for that kind. */
const grammars: { readonly [K in PolicyKind]?: (text: string) => { readonly message: string } | undefined } = {
  identity: (text) => checkIdentityPolicy(text),
  boundary: (text) => checkIdentityPolicy(text),
  session: (text) => checkIdentityPolicy(text),
  resource: checkResourcePolicy,
  trust: checkTrustPolicy,
}

/** Where a condition names an operator that there is none of. */
function unknownOperator({ elements }: Statement): { readonly name: string; readonly at: number } | undefined {
  const condition = elements.get('Condition')
  if (condition?.type !== 'object') return undefined
  for (const [name, { start }] of condition.members) if (!isOperator(name)) return { name, at: start }
  return undefined
}

/**
 * Reads a policy: its text, or the object that the text would be.
 * @throws PolicyError what AWS refuses when a policy is written
 */
export function parse(policy: string | object, options: ParseOptions = {}): Policy {
  const text = typeof policy === 'string' ? policy : JSON.stringify(policy, undefined, 2)
  const { kind = 'identity', source = 'policy' } = options
  const fail = (message: string, at: number): never => {
    const { line, column } = placeOf(text, at)
    throw new PolicyError(message, line, column)
  }
  const made = adopt(text, kind, source)
  const { malformed, malformedAt = 0 } = compiled(made)
  if (malformed !== undefined) fail(malformed.replace(/ at \d+$/, ''), malformedAt)
  const document = readDocument(text)
  if ('error' in document) return fail(document.error, document.at)
  for (const statement of document.statements) {
    const unknown = unknownOperator(statement)
    if (unknown !== undefined) fail(`there is no condition operator ${unknown.name}`, unknown.at)
  }
  const check = grammars[kind]
  const fault = check?.(text)
  if (fault === undefined) return made
  // The rules are about documents: the statement that breaks one is the one that breaks it alone.
  const head = document.version === undefined ? '' : `"Version":"${document.version}",`
  const culprit = document.statements.find(
    ({ start, end }) => check?.(`{${head}"Statement":[${text.slice(start, end)}]}`) !== undefined,
  )
  return fail(fault.message, culprit?.start ?? 0)
}
