// Policies: managed ones by list, and the text of one, managed or inline (IAM API Reference, ListPolicies, GetPolicyVersion,
// GetRolePolicy, GetUserPolicy).
import type { Reply } from '../exchange.ts'
import type { Called } from '../operation-caller.ts'
import { html } from '../pages/html.ts'
import type { Page } from '../pages/page.ts'
import { pathIn } from '../pages/site.ts'
import { bounded, facts, finder, pageOfOne, section } from './details.ts'
import { longText, policyText } from './documents.ts'
import { dayText, timeText } from './facts.ts'
import { page } from './layout.ts'
import { pageOfList, paging, table } from './lists.ts'
import * as paths from './paths.ts'
import { shown } from './refused.ts'
import { type ConsoleParts, reads, type SessionRequest } from './session-page.ts'

export const policyPages = (parts: ConsoleParts): readonly Page[] => [
  reads(parts, paths.policiesPath, policies),
  reads(parts, paths.policyPath, policy),
  reads(parts, paths.inlinePolicyPath, inlinePolicy),
]

async function policies(request: SessionRequest): Promise<Reply> {
  const { call, asked, parts } = request
  const scope = asked('scope') === 'AWS' ? 'AWS' : 'Local'
  const called = await call('iam', 'ListPolicies', { Scope: scope, ...pageOfList(request) })
  const address = pathIn(parts.browsers.site, paths.policiesPath)
  const content = html`<h1>Policies</h1>
<nav class="tabs" aria-label="Whose policies">
${scope === 'Local' ? html`<a href="${address}" aria-current="true">Of this account</a> <a href="${address}?scope=AWS">AWS managed</a>` : html`<a href="${address}">Of this account</a> <a href="${address}?scope=AWS" aria-current="true">AWS managed</a>`}
</nav>
${finder(request, paths.policyPath, 'arn', 'Open a policy by ARN')}
${shown(called, ({ Policies = [], Marker: more }) => {
  const rows = Policies.map(({ PolicyName: name = '', Arn: arn = '', AttachmentCount: held = 0, UpdateDate: at }) => [
    // By the ARN of a very long path, the form above leads there.
    arn.length > 200
      ? html`${name}`
      : html`<a href="${pathIn(parts.browsers.site, paths.policyPath)}?arn=${arn}">${name}</a>`,
    html`${held}`,
    html`<span class="day">${dayText(at)}</span>`,
  ])
  return html`${table({
    ...{ id: 'policies', caption: 'Managed policies', columns: ['Policy', 'Attached', 'Changed'], rows },
    none: 'This account has no policies of its own.',
  })}${paging(request, paths.policiesPath, more, 'marker', scope === 'AWS' ? [['scope', 'AWS']] : [])}`
})}`
  return page(request, { title: 'Policies', here: paths.policiesPath, content })
}

async function policy(request: SessionRequest): Promise<Reply> {
  const { call, asked } = request
  const PolicyArn = asked('arn')
  const found = await call('iam', 'GetPolicy', { PolicyArn })
  return pageOfOne(request, { title: 'Policy', here: paths.policiesPath }, found, async ({ Policy }) => {
    const [version, holders] = await Promise.all([
      call('iam', 'GetPolicyVersion', { PolicyArn, VersionId: Policy?.DefaultVersionId ?? '' }),
      call('iam', 'ListEntitiesForPolicy', { PolicyArn, MaxItems: 20 }),
    ])
    return html`<h1>${Policy?.PolicyName ?? ''}</h1>
${Policy?.Description ? html`<p class="lead">${Policy.Description}</p>` : []}
${section(
  'policy',
  'Policy',
  facts([
    ['ARN', html`<code>${Policy?.Arn ?? ''}</code>`],
    ['Version', Policy?.DefaultVersionId],
    ['Changed', Policy?.UpdateDate && timeText(Policy.UpdateDate)],
    ['Attached', String(Policy?.AttachmentCount ?? 0)],
  ]),
)}${section(
  'text',
  'Policy document',
  shown(version, ({ PolicyVersion }) =>
    longText(request, policyText(PolicyVersion?.Document), 'Policy', paths.policyPath, [['arn', PolicyArn]]),
  ),
)}${section(
  'holders',
  'Attached to',
  shown(holders, ({ PolicyUsers = [], PolicyRoles = [], IsTruncated }) => {
    const { site } = request.parts.browsers
    const one = (path: string, kind: string, name = '') =>
      html`<li>${kind} <a href="${pathIn(site, path)}?name=${name}">${name}</a></li>
`
    const all = [
      ...PolicyRoles.map(({ RoleName }) => one(paths.rolePath, 'Role', RoleName)),
      ...PolicyUsers.map(({ UserName }) => one(paths.userPath, 'User', UserName)),
    ]
    return html`${bounded(all, 2500, 'Nothing.')}${IsTruncated ? html`<p class="soft">And others.</p>` : []}`
  }),
)}`
  })
}

async function inlinePolicy(request: SessionRequest): Promise<Reply> {
  const { call, asked, parts } = request
  const [of, name, PolicyName] = [asked('of'), asked('name'), asked('policy')]
  const isUser = of === 'user'
  const called: Called<{ readonly PolicyName?: string | undefined; readonly PolicyDocument?: string | undefined }> =
    isUser
      ? await call('iam', 'GetUserPolicy', { UserName: name, PolicyName })
      : await call('iam', 'GetRolePolicy', { RoleName: name, PolicyName })
  const here = isUser ? paths.usersPath : paths.rolesPath
  const own = pathIn(parts.browsers.site, isUser ? paths.userPath : paths.rolePath)
  return pageOfOne(
    request,
    { title: 'Inline policy', here },
    called,
    (output) => html`<h1>${output.PolicyName ?? ''}</h1>
<p class="lead">An inline policy of ${isUser ? 'user' : 'role'} <a href="${own}?name=${name}">${name}</a></p>
${section(
  'text',
  'Policy document',
  longText(request, policyText(output.PolicyDocument), 'Policy', paths.inlinePolicyPath, [
    ...([
      ['of', isUser ? 'user' : 'role'],
      ['name', name],
      ['policy', PolicyName],
    ] as const),
  ]),
)}`,
  )
}
