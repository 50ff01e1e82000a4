// `/signin/roles`: the roles that somebody's groups give, and the form that takes one of them on.
import type { Page } from '../pages/page.ts'
import { roleField } from '../pages/role-chooser.ts'
import { enterRole } from './enter.ts'
import { type PeopleParts, rolesPath } from './parts.ts'
import { personPages } from './person-page.ts'
import { showRoles } from './show-roles.ts'

export const rolePages = (parts: PeopleParts): readonly Page[] =>
  personPages(parts, {
    ...{ path: rolesPath, fields: [roleField, 'replace'] },
    show: ({ exchange, mine, now }) => showRoles(parts, exchange, mine, now),
    take: ({ exchange, mine, now }, fields) =>
      enterRole(parts, exchange, mine, fields.get(roleField) ?? '', fields.get('replace') === 'yes', now),
  })
