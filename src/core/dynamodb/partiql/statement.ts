// A statement of DynamoDB's PartiQL as a tree (Amazon DynamoDB Developer Guide, "PartiQL - a SQL-compatible query language for
// Amazon DynamoDB"). The tree is what is decided upon, and what is printed for the backend: it holds all that a statement says.

/**
 * A document path: `a.b[0]."c d"` is `['a', 'b', 0, 'c d']`. The first is the name of a top-level attribute; then names of members,
 * or positions in lists.
 */
export type Path = readonly [attribute: string, ...steps: (string | number)[]]

/** A value as it is written. Numbers keep their text; what a parameter stands for is in the request. */
export type Value =
  | { readonly kind: 'string'; readonly text: string }
  | { readonly kind: 'number'; readonly text: string }
  | { readonly kind: 'boolean'; readonly value: boolean }
  | { readonly kind: 'null' }
  | { readonly kind: 'missing' }
  /** The `?` with as many before it. */
  | { readonly kind: 'parameter'; readonly index: number }
  | { readonly kind: 'list'; readonly items: readonly Value[] }
  | { readonly kind: 'set'; readonly items: readonly Value[] }
  | Tuple

/** `{'name': value}`. No name stands twice. */
export interface Tuple {
  readonly kind: 'tuple'
  readonly members: readonly { readonly name: string; readonly value: Value }[]
}

/** INVARIANT: every path of a tree is the `path` of a node, so that going through its nodes finds each. */
export type PathTerm = { readonly kind: 'path'; readonly path: Path }

/** What a condition compares. */
export type Operand = Value | PathTerm | { readonly kind: 'size'; readonly path: Path }

export type Comparator = '=' | '<>' | '<' | '<=' | '>' | '>='
export type ConditionFunction = 'begins_with' | 'contains' | 'attribute_type'

export type Condition =
  /** Two or more. */
  | { readonly kind: 'and' | 'or'; readonly conditions: readonly Condition[] }
  | { readonly kind: 'not'; readonly condition: Condition }
  | { readonly kind: 'comparison'; readonly left: Operand; readonly operator: Comparator; readonly right: Operand }
  | { readonly kind: 'between'; readonly operand: Operand; readonly low: Operand; readonly high: Operand }
  /** At least one value. */
  | { readonly kind: 'in'; readonly operand: Operand; readonly values: readonly Value[] }
  | { readonly kind: 'is'; readonly path: Path; readonly negated: boolean; readonly what: 'MISSING' | 'NULL' }
  | { readonly kind: 'call'; readonly name: ConditionFunction; readonly path: Path; readonly argument: Operand }

export type UpdateFunction = 'list_append' | 'set_add' | 'set_delete'
export type Term = Value | PathTerm

/** What SET gives to a path. */
export type Assigned =
  | Term
  /** `first + term - term …`; at least one of the latter. */
  | {
      readonly kind: 'sum'
      readonly first: Term
      readonly rest: readonly { readonly operator: '+' | '-'; readonly term: Term }[]
    }
  | { readonly kind: 'update'; readonly name: UpdateFunction; readonly arguments: readonly [Term, Term] }

/** One clause of UPDATE. SET has at least one assignment. */
export type Change =
  | { readonly kind: 'set'; readonly assignments: readonly { readonly path: Path; readonly value: Assigned }[] }
  | { readonly kind: 'remove'; readonly path: Path }

export type Returning = 'ALL OLD' | 'ALL NEW' | 'MODIFIED OLD' | 'MODIFIED NEW'

export interface Select {
  readonly kind: 'select'
  /** Undefined: `*`. */
  readonly list: readonly PathTerm[] | undefined
  /** A table's name or its ARN; what it may consist of is checked. */
  readonly table: string
  readonly index: string | undefined
  readonly where: Condition | undefined
  /** Key attributes: each path is one name. */
  readonly orderBy: readonly { readonly path: Path; readonly descending: boolean }[]
}
export interface Insert {
  readonly kind: 'insert'
  readonly table: string
  readonly item: Tuple
}
export interface Update {
  readonly kind: 'update'
  readonly table: string
  readonly changes: readonly Change[]
  readonly where: Condition
  readonly returning: Returning | undefined
}
export interface Delete {
  readonly kind: 'delete'
  readonly table: string
  readonly where: Condition
  readonly returning: 'ALL OLD' | undefined
}
/** `EXISTS(SELECT …)`, which only ExecuteTransaction takes: a condition on one item. */
export interface Exists {
  readonly kind: 'exists'
  readonly select: Select
}

export type Statement = Select | Insert | Update | Delete | Exists
