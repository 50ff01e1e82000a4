// `/signin/roles`: the roles that somebody's groups give, and the form that takes one of them on.
import { isNavigation } from '../pages/navigation.ts'
import { type Page, text } from '../pages/page.ts'
import { roleField } from '../pages/role-chooser.ts'
import { enterRole } from './enter.ts'
import { type PeopleParts, rolesPath } from './parts.ts'
import { renewed } from './renewed.ts'
import { showRoles } from './show-roles.ts'

export function rolePages(parts: PeopleParts): readonly Page[] {
  return [
    {
      method: 'GET',
      path: rolesPath,
      async handle({ exchange, now }) {
        if (!isNavigation(exchange)) return text(403, 'The choice of a role is a page that a browser opens.')
        const mine = await renewed(parts, exchange, now)
        return 'status' in mine ? mine : showRoles(parts, exchange, mine, now)
      },
    },
    {
      ...{ method: 'POST', path: rolesPath, guard: parts.browser.guard, fields: [roleField, 'replace'] },
      async handle({ exchange, now }, fields) {
        const mine = await renewed(parts, exchange, now)
        if ('status' in mine) return mine
        return enterRole(parts, exchange, mine, fields.get(roleField) ?? '', fields.get('replace') === 'yes', now)
      },
    },
  ]
}
