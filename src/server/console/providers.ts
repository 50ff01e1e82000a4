// Identity providers of the account, read with the session's own credentials (IAM API Reference, ListOpenIDConnectProviders,
// ListSAMLProviders, and one of each).
import type { Reply } from '../exchange.ts'
import { type Html, html } from '../pages/html.ts'
import type { Page } from '../pages/page.ts'
import { pathIn } from '../pages/site.ts'
import { consumerPath, loginPath, logoutPath, metadataPath, ownConsumerPath } from '../signin/parts.ts'
import { bounded, facts, section, tagList } from './details.ts'
import { longText } from './documents.ts'
import { dayText, timeText } from './facts.ts'
import { page } from './layout.ts'
import { filter, fitting } from './lists.ts'
import * as paths from './paths.ts'
import { refusedNote, shown } from './refused.ts'
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
  if ('refused' in found) return one(request, refusedNote(found), found.refused.status)
  const { Url = '', ClientIDList = [], ThumbprintList = [], CreateDate, Tags } = found.output
  return one(
    request,
    html`<h1>${Url}</h1><p class="lead">An OpenID Connect provider</p>
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
  if ('refused' in found) return one(request, refusedNote(found), found.refused.status)
  const {
    SAMLProviderUUID,
    SAMLMetadataDocument = '',
    ValidUntil,
    CreateDate,
    AssertionEncryptionMode,
    PrivateKeyList = [],
    Tags,
  } = found.output
  return one(
    request,
    html`<h1>${nameOf(arn)}</h1><p class="lead">A SAML provider</p>
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
${section('tags', 'Tags', tagList(Tags))}`,
  )
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

const one = (request: SessionRequest, content: Html, status = 200): Promise<Reply> =>
  page(request, {
    ...{ title: 'Identity provider', here: paths.providersPath, status },
    content: status === 200 ? content : html`<h1>Identity provider</h1>${content}`,
  })
