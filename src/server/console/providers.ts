// Identity providers of the account, read with the session's own credentials (IAM API Reference, ListOpenIDConnectProviders,
// ListSAMLProviders, and one of each).
import type { Reply } from '../exchange.ts'
import { type Html, html } from '../pages/html.ts'
import type { Page } from '../pages/page.ts'
import { pathIn } from '../pages/site.ts'
import { consumerPath, loginPath, logoutPath, metadataPath, ownConsumerPath } from '../signin/parts.ts'
import { bounded, facts, pageOfOne, section, tagList } from './details.ts'
import { longText } from './documents.ts'
import { dayText, timeText } from './facts.ts'
import { page } from './layout.ts'
import { filter, fitting } from './lists.ts'
import * as paths from './paths.ts'
import { shown } from './refused.ts'
import { type ConsoleParts, reads, type SessionRequest } from './session-page.ts'

export const providerPages = (parts: ConsoleParts): readonly Page[] => [
  reads(parts, paths.providersPath, providers),
  reads(parts, paths.openIdProviderPath, openIdProvider),
  reads(parts, paths.samlProviderPath, samlProvider),
]

const nameOf = (arn: string) => arn.slice(arn.indexOf('provider/') + 'provider/'.length)

async function providers(request: SessionRequest): Promise<Reply> {
  const { call, parts } = request
  const { site } = parts.browsers
  const [openId, saml] = await Promise.all([
    call('iam', 'ListOpenIDConnectProviders', {}),
    call('iam', 'ListSAMLProviders', {}),
  ])
  const link = (path: string, arn: string, more: Html = html``) =>
    html`<li data-row="1"><a href="${pathIn(site, path)}?arn=${arn}">${nameOf(arn)}</a>${more}</li>
`
  const content = html`<h1>Identity providers</h1>
<p class="lead">Identity providers whose users this account’s roles may trust.</p>
${section(
  'saml',
  'SAML',
  shown(saml, ({ SAMLProviderList = [] }) =>
    rows(
      'saml-list',
      SAMLProviderList.map(({ Arn = '', ValidUntil }) =>
        link(
          paths.samlProviderPath,
          Arn,
          ValidUntil === undefined ? html`` : html` <span class="soft">until ${dayText(ValidUntil)}</span>`,
        ),
      ),
      'No SAML providers.',
    ),
  ),
)}${section(
  'openid',
  'OpenID Connect',
  shown(openId, ({ OpenIDConnectProviderList = [] }) =>
    rows(
      'openid-list',
      OpenIDConnectProviderList.map(({ Arn = '' }) => link(paths.openIdProviderPath, Arn)),
      'No OpenID Connect providers.',
    ),
  ),
)}`
  return page(request, { title: 'Identity providers', here: paths.providersPath, content })
}

/** These operations have no pages; what has no room is counted. */
function rows(id: string, pieces: readonly Html[], none: string): Html {
  if (pieces.length === 0) return html`<p class="soft">${none}</p>`
  const { fit, left } = fitting(pieces, 6500)
  return html`${filter(id, fit.length)}<ul class="plain" id="${id}">${fit}</ul>${left === 0 ? [] : html`<p class="soft">And ${left} more: the AWS CLI lists them all.</p>`}`
}

async function openIdProvider(request: SessionRequest): Promise<Reply> {
  const arn = request.asked('arn')
  const found = await request.call('iam', 'GetOpenIDConnectProvider', { OpenIDConnectProviderArn: arn })
  return pageOfOne(
    request,
    provider,
    found,
    ({
      Url = '',
      ClientIDList = [],
      ThumbprintList = [],
      CreateDate,
      Tags,
    }) => html`<h1>${Url}</h1><p class="lead">An OpenID Connect provider</p>
${section(
  'provider',
  'Provider',
  facts([
    ['ARN', html`<code>${arn}</code>`],
    ['Created', CreateDate && timeText(CreateDate)],
  ]),
)}${section(
  'audiences',
  'Audiences',
  bounded(
    ClientIDList.map((id) => html`<li><code>${id}</code></li>`),
    4000,
    'None.',
  ),
)}
${section(
  'thumbprints',
  'Thumbprints',
  bounded(
    ThumbprintList.map((one) => html`<li><code>${one}</code></li>`),
    1500,
    'None.',
  ),
)}
${section('tags', 'Tags', tagList(Tags))}`,
  )
}

async function samlProvider(request: SessionRequest): Promise<Reply> {
  const arn = request.asked('arn')
  const found = await request.call('iam', 'GetSAMLProvider', { SAMLProviderArn: arn })
  return pageOfOne(request, provider, found, (output) => {
    const { SAMLProviderUUID, SAMLMetadataDocument = '', AssertionEncryptionMode, PrivateKeyList = [] } = output
    const { ValidUntil, CreateDate, Tags } = output
    return html`<h1>${nameOf(arn)}</h1><p class="lead">A SAML provider</p>
${section(
  'provider',
  'Provider',
  facts([
    ['ARN', html`<code>${arn}</code>`],
    ['UUID', SAMLProviderUUID],
    ['Created', CreateDate && timeText(CreateDate)],
    ['Metadata valid until', ValidUntil && timeText(ValidUntil)],
    ['Encryption', AssertionEncryptionMode ?? 'Not required'],
    ['Private keys', String(PrivateKeyList.length)],
  ]),
)}${addresses(request, SAMLProviderUUID, AssertionEncryptionMode === 'Required')}
${section('metadata', 'Metadata', longText(request, SAMLMetadataDocument, 'Metadata', paths.samlProviderPath, [['arn', arn]]))}
${section('tags', 'Tags', tagList(Tags))}`
  })
}

/** What the company's administrator sets up at the provider (docs/saml-setup.md), and where people may begin. */
function addresses({ parts }: SessionRequest, uuid: string | undefined, mustEncrypt: boolean): Html {
  if (uuid === undefined) return html``
  const { site } = parts.browsers
  const at = (path: string) => html`<code>${site.origin + pathIn(site, path)}</code>`
  return section(
    'addresses',
    'Addresses to set up at the provider',
    facts([
      ['Responses (ACS)', at(mustEncrypt ? ownConsumerPath(uuid) : consumerPath)],
      ['Metadata of this server', at(`${metadataPath}/${uuid}`)],
      ['Sign-out', at(logoutPath(uuid))],
      ['People sign in at', at(loginPath(uuid))],
    ]),
  )
}

const provider = { title: 'Identity provider', here: paths.providersPath } as const
