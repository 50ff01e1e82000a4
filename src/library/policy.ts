// `hallpass/policy`: IAM policies for any program: read, decided, explained. No clock, no network.
export { decide, explain } from './policy-decide.ts'
export { PolicyError, parse } from './policy-parse.ts'
export type {
  ConditionExplanation,
  Context,
  ContextValue,
  DecideInput,
  Decision,
  ElementExplanation,
  Explanation,
  Outcome,
  ParseOptions,
  Policy,
  PolicyExplanation,
  PolicyKind,
  PolicySet,
  Principal,
  Reason,
  StatementExplanation,
  Vote,
} from './policy-types.ts'
