// What pages about one thing have in common: its facts, its tags, its policies.
import type { Tag } from '@aws-sdk/client-iam'
import type { Maybe } from '../../core/maybe.ts'
import type { Reply } from '../exchange.ts'
import type { Called } from '../operation-caller.ts'
import { type Html, html } from '../pages/html.ts'
import { pathIn } from '../pages/site.ts'
import { page, type Shown } from './layout.ts'
import { clipped, fitting } from './lists.ts'
import * as paths from './paths.ts'
import { refusedNote, shown } from './refused.ts'
import type { SessionRequest } from './session-page.ts'

export type Facts = readonly (readonly [name: string, value: string | Html | undefined])[]

/** Those that are known. */
export const facts = (all: Facts): Html =>
  html`<dl>${all.flatMap(([name, value]) =>
    value === undefined || value === ''
      ? []
      : [
          html`<dt>${name}</dt><dd>${value}</dd>
`,
        ],
  )}</dl>`

/** The page of one thing: what there is to see of it, or in its place that it was refused. */
export async function pageOfOne<O>(
  request: SessionRequest,
  { title, here }: Pick<Shown, 'title' | 'here'>,
  called: Called<O>,
  show: (output: O) => Maybe<Html>,
): Promise<Reply> {
  if ('output' in called) return page(request, { title, here, content: await show(called.output) })
  const content = html`<h1>${title}</h1>${refusedNote(called)}`
  return page(request, { title, here, content, status: called.refused.status })
}

export const section = (id: string, name: string, content: Html): Html =>
  html`<section class="card" aria-labelledby="${id}"><h2 id="${id}">${name}</h2>
${content}</section>
`

/** A list that ends where its room does. */
export function bounded(pieces: readonly Html[], bytes: number, none: string): Html {
  if (pieces.length === 0) return html`<p class="soft">${none}</p>`
  const { fit, left } = fitting(pieces, bytes)
  return html`<ul class="plain">${fit}</ul>${left === 0 ? [] : html`<p class="soft">And ${left} more.</p>`}`
}

export const tagList = (tags: readonly Tag[] | Readonly<Record<string, string>> | undefined): Html => {
  const all: readonly (readonly [string, string])[] = isTags(tags)
    ? tags.map(({ Key = '', Value = '' }) => [Key, Value])
    : Object.entries(tags ?? {})
  return bounded(
    all.map(
      ([key, value]) => html`<li><b>${key}</b> ${clipped(value, 256)}</li>
`,
    ),
    2000,
    'No tags.',
  )
}

const isTags = (tags: object | undefined): tags is readonly Tag[] => Array.isArray(tags)

type Holder = { readonly RoleName: string } | { readonly UserName: string }

/** The policies of a user or role: what is attached, and what is its own, with the names of these. */
export async function policiesOf(
  { call, parts }: SessionRequest,
  holder: Holder,
): Promise<{ readonly content: Html; readonly inline: readonly string[] }> {
  const [attached, inline] = await Promise.all(
    'RoleName' in holder
      ? [call('iam', 'ListAttachedRolePolicies', holder), call('iam', 'ListRolePolicies', holder)]
      : [call('iam', 'ListAttachedUserPolicies', holder), call('iam', 'ListUserPolicies', holder)],
  )
  const { site } = parts.browsers
  const [kind, name] = 'RoleName' in holder ? ['role', holder.RoleName] : ['user', holder.UserName]
  const content = section(
    'policies',
    'Permissions',
    html`<h3>Attached policies</h3>
${shown(attached, ({ AttachedPolicies = [] }) =>
  bounded(
    AttachedPolicies.map(
      ({ PolicyArn: arn = '', PolicyName: words = '' }) =>
        html`<li><a href="${pathIn(site, paths.policyPath)}?arn=${arn}">${words}</a></li>
`,
    ),
    2500,
    'None.',
  ),
)}
<h3>Inline policies</h3>
${shown(inline, ({ PolicyNames = [] }) =>
  bounded(
    PolicyNames.map(
      (policy) =>
        html`<li><a href="${pathIn(site, paths.inlinePolicyPath)}?of=${kind}&amp;name=${name}&amp;policy=${policy}">${policy}</a></li>
`,
    ),
    2500,
    'None.',
  ),
)}`,
  )
  return { content, inline: 'output' in inline ? (inline.output.PolicyNames ?? []) : [] }
}

/** A form that leads to one thing by its name: for lists of many pages. */
export const finder = ({ parts }: SessionRequest, path: string, parameter: string, label: string): Html =>
  html`<form method="get" action="${pathIn(parts.browsers.site, path)}" class="finder"><label for="find">${label}</label>
<input id="find" name="${parameter}" required="" maxlength="2048" autocomplete="off" autocapitalize="off" spellcheck="false"><button class="small">Open</button></form>
`
