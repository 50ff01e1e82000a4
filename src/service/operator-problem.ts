/** Why an operator's wish (for a machine, a service, a cluster) cannot be: a sentence that says what to do. */
export class OperatorProblem extends Error {
  override readonly name = 'OperatorProblem'
}
