// What the broker's API refuses everybody with who was not signed in.
import { refused } from '../program-api.ts'

/**
 * INVARIANT: whoever is not signed in is told the same, whatever was wrong: else it could be found out which logins there are, and whose
 * account is locked.
 */
export const notSignedIn = refused(
  'UnauthorizedException',
  401,
  'Nobody was signed in: the login, password, code, token or response is not good, or it was used before.',
)

export const notNow = refused(
  'ServiceUnavailable',
  503,
  'The company’s directory or provider cannot be asked now. Try again in a moment.',
)
