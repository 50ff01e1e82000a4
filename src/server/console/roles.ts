// Roles of the account, read with the session's own credentials (IAM API Reference, ListRoles, GetRole).
import type { Reply } from '../exchange.ts'
import { html } from '../pages/html.ts'
import type { Page } from '../pages/page.ts'
import { pathIn } from '../pages/site.ts'
import { facts, finder, pageOfOne, policiesOf, section, tagList } from './details.ts'
import { longText, policyText } from './documents.ts'
import { dayText, timeText } from './facts.ts'
import { page } from './layout.ts'
import { clipped, pageOfList, paging, table } from './lists.ts'
import * as paths from './paths.ts'
import { shown } from './refused.ts'
import { revocation } from './revoke.ts'
import { type ConsoleParts, reads, type SessionRequest } from './session-page.ts'

export const rolePages = (parts: ConsoleParts): readonly Page[] => [
  reads(parts, paths.rolesPath, roles),
  reads(parts, paths.rolePath, role),
]

async function roles(request: SessionRequest): Promise<Reply> {
  const { call, parts } = request
  const called = await call('iam', 'ListRoles', pageOfList(request))
  const content = html`<h1>Roles</h1>
${finder(request, paths.rolePath, 'name', 'Open a role by name')}
${shown(called, ({ Roles = [], Marker: more }) => {
  const rows = Roles.map(({ RoleName: name = '', Path: path = '', CreateDate: made }) => [
    html`<a href="${pathIn(parts.browsers.site, paths.rolePath)}?name=${name}">${name}</a>${path === '/' ? [] : html`<span class="under">${clipped(path, 40)}</span>`}`,
    html`<span class="day">${dayText(made)}</span>`,
  ])
  return html`${table({
    ...{ id: 'roles', caption: 'Roles of this account', columns: ['Role', 'Created'], rows },
    none: 'This account has no roles.',
  })}${paging(request, paths.rolesPath, more)}`
})}`
  return page(request, { title: 'Roles', here: paths.rolesPath, content })
}

async function role(request: SessionRequest): Promise<Reply> {
  const { call, asked } = request
  const RoleName = asked('name')
  const found = await call('iam', 'GetRole', { RoleName })
  return pageOfOne(request, { title: 'Role', here: paths.rolesPath }, found, async ({ Role }) => {
    const name = Role?.RoleName ?? ''
    const policies = await policiesOf(request, { RoleName: name })
    const { LastUsedDate: used } = Role?.RoleLastUsed ?? {}
    return html`<h1>${name}</h1>
${Role?.Description ? html`<p class="lead">${Role.Description}</p>` : []}
${section(
  'role',
  'Role',
  facts([
    ['ARN', html`<code>${Role?.Arn ?? ''}</code>`],
    ['Id', Role?.RoleId],
    ['Created', Role?.CreateDate && timeText(Role.CreateDate)],
    ['Longest session', `${(Role?.MaxSessionDuration ?? 0) / 3600} h`],
    ['Last used', used === undefined ? 'Not known' : timeText(used)],
    ['Permissions boundary', Role?.PermissionsBoundary?.PermissionsBoundaryArn],
  ]),
)}${section(
  'trust',
  'Trust policy',
  longText(request, policyText(Role?.AssumeRolePolicyDocument), 'Trust policy', paths.rolePath, [['name', name]]),
)}${policies.content}${await revocation(request, name, policies.inline)}${section('tags', 'Tags', tagList(Role?.Tags))}`
  })
}
