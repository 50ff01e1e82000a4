/** Why an operator's wish for a machine or a service cannot be: a sentence that says what to do. */
export class WorkloadProblem extends Error {
  override readonly name = 'WorkloadProblem'
}
