// A command that cannot go on: its message is printed as it is, and says what to do next.
export class Failure extends Error {
  override readonly name = 'Failure'
  readonly exitCode: number
  constructor(message: string, exitCode = 1) {
    super(message)
    this.exitCode = exitCode
  }
}
