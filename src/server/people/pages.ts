// The pages on which people of connectors sign in: with a directory's password here, and the roles, the second factor and the sign-out of
// everybody.
import type { Page } from '../pages/page.ts'
import { enrolPages } from './enrol.ts'
import { factorPages } from './factor.ts'
import type { PeopleParts } from './parts.ts'
import { passwordPages } from './password.ts'
import { rolePages } from './role-page.ts'
import { signInPages } from './sign-in-page.ts'
import { signOutPages } from './sign-out.ts'

export const peopleSignInPages = (parts: PeopleParts): readonly Page[] => [
  ...signInPages(parts),
  ...passwordPages(parts),
  ...rolePages(parts),
  ...factorPages(parts),
  ...enrolPages(parts),
  ...signOutPages(parts),
]
