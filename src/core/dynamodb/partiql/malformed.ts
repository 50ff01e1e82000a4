// Why a text is no statement. Thrown inside this folder alone: parse.ts turns it into a value.

/** The message is what the caller of ExecuteStatement is told (ValidationException). */
export class Malformed extends Error {}

/** DynamoDB's words for what its grammar does not take. */
export const malformed = (detail: string) =>
  new Malformed(`Statement wasn't well formed, can't be processed: ${detail}`)
