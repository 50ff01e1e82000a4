// Expressions of DynamoDB as trees (Amazon DynamoDB Developer Guide, "Using expressions in DynamoDB"): placeholders are resolved, and
// kept beside what they stand for, so that a tree can be printed with the client's own.
import type { AttributeValue } from '../attribute-value.ts'

/** The name of an attribute, or of a member of a map. `written`: the placeholder (`#n`), or the name itself. */
export interface Name {
  readonly name: string
  readonly written: string
}

/** An element of a list, from 0. */
export interface Index {
  readonly index: number
}

/** A document path: `top.map[3]`. Only `top` is an attribute, which policies know. */
export interface Path {
  readonly kind: 'path'
  readonly top: Name
  readonly steps: readonly (Name | Index)[]
}

/** A value of ExpressionAttributeValues. */
export interface Value {
  readonly kind: 'value'
  readonly placeholder: string
  readonly value: AttributeValue
}

export type ConditionFunction =
  | 'attribute_exists'
  | 'attribute_not_exists'
  | 'attribute_type'
  | 'begins_with'
  | 'contains'
export type FunctionName = ConditionFunction | 'size' | 'if_not_exists' | 'list_append'

/** Those of a condition are true or false and stand as conditions; `size` is an operand of one; the others are operands of SET. */
export interface Call {
  readonly kind: 'call'
  readonly name: FunctionName
  readonly operands: readonly Operand[]
}

export type Operand = Path | Value | Call

export type Comparator = '=' | '<>' | '<' | '<=' | '>' | '>='

export interface Comparison {
  readonly kind: 'comparison'
  readonly comparator: Comparator
  readonly left: Operand
  readonly right: Operand
}

export interface Between {
  readonly kind: 'between'
  readonly operand: Operand
  readonly low: Operand
  readonly high: Operand
}

export interface In {
  readonly kind: 'in'
  readonly operand: Operand
  readonly list: readonly Operand[]
}

/** INVARIANT: two conditions or more, none of which is a junction of the same kind: `a AND (b AND c)` is `a AND b AND c`. */
export interface Junction {
  readonly kind: 'and' | 'or'
  readonly conditions: readonly Condition[]
}

export interface Not {
  readonly kind: 'not'
  readonly condition: Condition
}

/** A condition, filter or key condition. */
export type Condition = Comparison | Between | In | Junction | Not | Call

export interface Projection {
  readonly kind: 'projection'
  readonly paths: readonly Path[]
}

export interface Sum {
  readonly kind: 'sum'
  readonly sign: '+' | '-'
  readonly left: Operand
  readonly right: Operand
}

export interface SetClause {
  readonly keyword: 'SET'
  readonly actions: readonly { readonly path: Path; readonly value: Operand | Sum }[]
}

export interface RemoveClause {
  readonly keyword: 'REMOVE'
  readonly paths: readonly Path[]
}

export interface ValueClause {
  readonly keyword: 'ADD' | 'DELETE'
  readonly actions: readonly { readonly path: Path; readonly value: Value }[]
}

export type Clause = SetClause | RemoveClause | ValueClause

/** INVARIANT: each keyword once at most; in the client's order. */
export interface Update {
  readonly kind: 'update'
  readonly clauses: readonly Clause[]
}
