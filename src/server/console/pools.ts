// Identity pools of the account, read with the session's own credentials (Cognito identity pools API Reference, ListIdentityPools,
// DescribeIdentityPool, GetIdentityPoolRoles).
import type { Reply } from '../exchange.ts'
import { html } from '../pages/html.ts'
import type { Page } from '../pages/page.ts'
import { pathIn } from '../pages/site.ts'
import { bounded, facts, pageOfOne, section, tagList } from './details.ts'
import { page } from './layout.ts'
import { clipped, paging, rowsOfPage, table } from './lists.ts'
import * as paths from './paths.ts'
import { shown } from './refused.ts'
import { type ConsoleParts, reads, type SessionRequest } from './session-page.ts'

export const poolPages = (parts: ConsoleParts): readonly Page[] => [
  reads(parts, paths.poolsPath, pools),
  reads(parts, paths.poolPath, pool),
]

async function pools(request: SessionRequest): Promise<Reply> {
  const { call, asked, parts } = request
  const next = asked('next')
  const called = await call('cognito-identity', 'ListIdentityPools', {
    ...{ MaxResults: rowsOfPage, ...(next === '' ? {} : { NextToken: next }) },
  })
  const content = html`<h1>Identity pools</h1>
<p class="lead">Identity pools give the users of an app temporary credentials.</p>
${shown(called, ({ IdentityPools = [], NextToken: more }) => {
  const rows = IdentityPools.map(({ IdentityPoolName: name = '', IdentityPoolId: id = '' }) => [
    html`<a href="${pathIn(parts.browsers.site, paths.poolPath)}?id=${id}">${name}</a>`,
    html`<code>${id}</code>`,
  ])
  return html`${table({
    ...{ id: 'pools', caption: 'Identity pools of this account', columns: ['Pool', 'Id'], rows },
    none: 'This account has no identity pools.',
  })}${paging(request, paths.poolsPath, more, 'next')}`
})}`
  return page(request, { title: 'Identity pools', here: paths.poolsPath, content })
}

async function pool(request: SessionRequest): Promise<Reply> {
  const { call, asked } = request
  const IdentityPoolId = asked('id')
  const found = await call('cognito-identity', 'DescribeIdentityPool', { IdentityPoolId })
  return pageOfOne(request, { title: 'Identity pool', here: paths.poolsPath }, found, async (output) => {
    const roles = await call('cognito-identity', 'GetIdentityPoolRoles', { IdentityPoolId })
    const lines = (all: readonly string[], none: string) =>
      bounded(
        all.map((one) => html`<li><code>${clipped(one, 300)}</code></li>`),
        2000,
        none,
      )
    return html`<h1>${output.IdentityPoolName ?? ''}</h1>
${section(
  'pool',
  'Pool',
  facts([
    ['Id', html`<code>${IdentityPoolId}</code>`],
    ['Guests', output.AllowUnauthenticatedIdentities ? 'Allowed without a sign-in' : 'Not allowed'],
    ['Classic flow', output.AllowClassicFlow ? 'Allowed' : 'Not allowed'],
    ['Developer provider', output.DeveloperProviderName],
  ]),
)}${section(
  'roles',
  'Roles',
  shown(roles, ({ Roles = {} }) =>
    facts([
      ['Signed in', Roles.authenticated && html`<code>${Roles.authenticated}</code>`],
      ['Guests', Roles.unauthenticated && html`<code>${Roles.unauthenticated}</code>`],
    ]),
  ),
)}${section(
  'logins',
  'Login providers',
  lines(
    [
      ...Object.keys(output.SupportedLoginProviders ?? {}),
      ...(output.OpenIdConnectProviderARNs ?? []),
      ...(output.SamlProviderARNs ?? []),
      ...(output.CognitoIdentityProviders ?? []).map(({ ProviderName = '' }) => ProviderName),
    ],
    'None.',
  ),
)}${section('tags', 'Tags', tagList(output.IdentityPoolTags))}`
  })
}
