// The statements that a simulation's answer names, and where they stand in their policies' texts (IAM API Reference,
// "Statement", "Position").
import { placeOf } from '../../../core/policy/document.ts'
import type { Because, Compiled, PolicyKind } from '../../../core/policy/model.ts'

interface Position {
  readonly Line: number
  readonly Column: number
}

export interface MatchedStatement {
  readonly SourcePolicyId: string
  // The service's wire values are older than the model's enumeration.
  readonly SourcePolicyType: 'none'
  readonly StartPosition: Position
  readonly EndPosition: Position
}

/** A policy's text, and the name it goes by in the answer. */
export interface Source {
  readonly id: string
  readonly text: string
}

/** A source, what it was compiled to, and its statements that have been named already. */
export interface SimulatedPolicy {
  readonly source: Source
  readonly compiled: Compiled
  readonly named: Map<number, MatchedStatement>
}

/** What the service calls each kind. */
export const typeOf = (kind: PolicyKind) =>
  kind === 'resource' ? 'Resource Policy' : kind === 'boundary' ? 'Permissions Boundary Policy' : 'IAM Policy'

/** The statements that these votes are about; `simulatedPolicies` by the source that each was compiled under. */
export function matchedIn(
  because: readonly Because[],
  simulatedPolicies: ReadonlyMap<string, SimulatedPolicy>,
): MatchedStatement[] {
  return because.flatMap(({ policy = '', statement = -1 }) => {
    const simulated = simulatedPolicies.get(policy)
    return (simulated && nameOf(simulated, statement)) ?? []
  })
}

function nameOf({ source, compiled, named }: SimulatedPolicy, index: number): MatchedStatement | undefined {
  const statement = compiled.statements.find((candidate) => candidate.index === index)
  if (statement === undefined) return undefined
  // To find a place is to read the text up to it: once, not for each resource.
  const kept = named.get(index)
  if (kept !== undefined) return kept
  const made: MatchedStatement = {
    SourcePolicyId: source.id,
    SourcePolicyType: typeOf(compiled.kind) as 'none',
    ...positionsOf(source.text, statement),
  }
  named.set(index, made)
  return made
}

/**
 * Where the service says a statement begins and ends. A list's begins where the one before it ends, or after the bracket,
 * with what stands between; a sole object's begins after its brace. Each ends after its brace.
 */
export function positionsOf(text: string, { start, end }: { readonly start: number; readonly end: number }) {
  let before = start - 1
  while (before > 0 && /[\s,]/.test(text.charAt(before))) before--
  const sole = text.charAt(before) === ':'
  return {
    StartPosition: positionAt(text, sole ? start + 1 : before + 1),
    EndPosition: positionAt(text, end),
  }
}

function positionAt(text: string, offset: number): Position {
  const { line, column } = placeOf(text, offset)
  return { Line: line, Column: column }
}
