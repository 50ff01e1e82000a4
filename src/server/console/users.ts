// Users of the account, read with the session's own credentials (IAM API Reference, ListUsers, GetUser and what belongs to it).
import type { Reply } from '../exchange.ts'
import { html } from '../pages/html.ts'
import type { Page } from '../pages/page.ts'
import { pathIn } from '../pages/site.ts'
import { bounded, facts, finder, pageOfOne, policiesOf, section, tagList } from './details.ts'
import { dayText, timeText } from './facts.ts'
import { page } from './layout.ts'
import { clipped, pageOfList, paging, table } from './lists.ts'
import * as paths from './paths.ts'
import { shown } from './refused.ts'
import { type ConsoleParts, reads, type SessionRequest } from './session-page.ts'

export const userPages = (parts: ConsoleParts): readonly Page[] => [
  reads(parts, paths.usersPath, users),
  reads(parts, paths.userPath, user),
]

async function users(request: SessionRequest): Promise<Reply> {
  const { call, parts } = request
  const called = await call('iam', 'ListUsers', pageOfList(request))
  const content = html`<h1>Users</h1>
${finder(request, paths.userPath, 'name', 'Open a user by name')}
${shown(called, ({ Users = [], Marker: more }) => {
  const rows = Users.map(({ UserName: name = '', Path: path = '', CreateDate: made }) => [
    html`<a href="${pathIn(parts.browsers.site, paths.userPath)}?name=${name}">${name}</a>${path === '/' ? [] : html`<span class="under">${clipped(path, 40)}</span>`}`,
    html`<span class="day">${dayText(made)}</span>`,
  ])
  return html`${table({
    ...{ id: 'users', caption: 'Users of this account', columns: ['User', 'Created'], rows },
    none: 'This account has no users.',
  })}${paging(request, paths.usersPath, more)}`
})}`
  return page(request, { title: 'Users', here: paths.usersPath, content })
}

async function user(request: SessionRequest): Promise<Reply> {
  const { call, asked } = request
  const UserName = asked('name')
  const found = await call('iam', 'GetUser', { UserName })
  return pageOfOne(request, { title: 'User', here: paths.usersPath }, found, async ({ User }) => {
    const [keys, devices, groups] = await Promise.all([
      call('iam', 'ListAccessKeys', { UserName }),
      call('iam', 'ListMFADevices', { UserName }),
      call('iam', 'ListGroupsForUser', { UserName }),
    ])
    return html`<h1>${User?.UserName ?? ''}</h1>
${section(
  'user',
  'User',
  facts([
    ['ARN', html`<code>${User?.Arn ?? ''}</code>`],
    ['Id', User?.UserId],
    ['Created', User?.CreateDate && timeText(User.CreateDate)],
    ['Permissions boundary', User?.PermissionsBoundary?.PermissionsBoundaryArn],
  ]),
)}${(await policiesOf(request, { UserName })).content}
<div class="columns">${section(
      'keys',
      'Access keys',
      shown(keys, ({ AccessKeyMetadata = [] }) =>
        bounded(
          AccessKeyMetadata.map(
            ({ AccessKeyId = '', Status = '', CreateDate }) =>
              html`<li><code>${AccessKeyId}</code> <span class="chip">${Status}</span> <span class="soft">since ${dayText(CreateDate)}</span></li>
`,
          ),
          1500,
          'None.',
        ),
      ),
    )}${section(
      'devices',
      'Multi-factor devices',
      shown(devices, ({ MFADevices = [] }) =>
        bounded(
          MFADevices.map(
            ({ SerialNumber = '', EnableDate }) =>
              html`<li><code>${SerialNumber}</code> <span class="soft">since ${dayText(EnableDate)}</span></li>
`,
          ),
          1500,
          'None.',
        ),
      ),
    )}${section(
      'groups',
      'Groups',
      shown(groups, ({ Groups = [] }) =>
        bounded(
          Groups.map(({ GroupName = '' }) => html`<li>${GroupName}</li>`),
          1500,
          'None.',
        ),
      ),
    )}${section('tags', 'Tags', tagList(User?.Tags))}</div>`
  })
}
