// The console's pages, all of them. A page reads by GET; what changes something is a form of the session.
import type { Page } from '../pages/page.ts'
import { credentialPages } from './credentials.ts'
import { homePages } from './home.ts'
import { permissionPages } from './permissions.ts'
import { policyPages } from './policies.ts'
import { poolPages } from './pools.ts'
import { providerPages } from './providers.ts'
import { revokePages } from './revoke.ts'
import { rolePages } from './roles.ts'
import type { ConsoleParts } from './session-page.ts'
import { switchPages } from './switch-role.ts'
import { userPages } from './users.ts'

export const consolePages = (parts: ConsoleParts): readonly Page[] =>
  [
    ...[homePages, credentialPages, switchPages, permissionPages],
    ...[userPages, rolePages, revokePages, policyPages, providerPages, poolPages],
  ].flatMap((pages) => pages(parts))
