// Revoking a role's sessions as AWS's console does it: an inline policy that denies everything to sessions of before a time (IAM
// User Guide, "Revoke IAM role temporary security credentials"), put with the session's own credentials: policy decides who may.
import { isoSeconds } from '../../core/time.ts'
import type { Reply } from '../exchange.ts'
import type { FormFields } from '../pages/form.ts'
import { type Html, html } from '../pages/html.ts'
import type { Page } from '../pages/page.ts'
import { redirects } from '../pages/redirect.ts'
import { section } from './details.ts'
import { form, page } from './layout.ts'
import * as paths from './paths.ts'
import { refusedNote } from './refused.ts'
import { takesForm } from './role-form.ts'
import type { ConsoleParts, SessionRequest } from './session-page.ts'

/** AWS's name for it: one is written over the other. */
const policyName = 'AWSRevokeOlderSessions'

const policyOf = (now: Date) =>
  JSON.stringify({
    Version: '2012-10-17',
    Statement: [
      {
        ...{ Effect: 'Deny', Action: ['*'], Resource: ['*'] },
        Condition: { DateLessThan: { 'aws:TokenIssueTime': isoSeconds(now) } },
      },
    ],
  })

export function revokePages(parts: ConsoleParts): readonly Page[] {
  const redirect = redirects(parts.browsers.site, [paths.rolePath])
  return [
    takesForm(parts, paths.revokePath, ['name', 'sure'], async (request, fields) => {
      const problem = await revoke(request, fields)
      return problem ?? redirect(paths.rolePath, new URLSearchParams({ name: fields.get('name') ?? '' }))
    }),
  ]
}

async function revoke(request: SessionRequest, fields: FormFields): Promise<Reply | undefined> {
  const show = (content: Html, status: number) =>
    page(request, {
      ...{ title: 'Revoke sessions', here: paths.rolesPath, status },
      content: html`<h1>Revoke sessions</h1>${content}`,
    })
  if (fields.get('sure') !== 'yes') {
    return show(html`<p class="note refused" role="alert">Nothing was revoked: tick the box to confirm.</p>`, 400)
  }
  const called = await request.call('iam', 'PutRolePolicy', {
    ...{ RoleName: fields.get('name') ?? '', PolicyName: policyName, PolicyDocument: policyOf(request.now) },
  })
  return 'refused' in called ? show(refusedNote(called, 'Nothing was revoked'), called.refused.status) : undefined
}

/** What a role's page has for it. `inline`: the names of the role's own policies. */
export async function revocation(request: SessionRequest, name: string, inline: readonly string[]): Promise<Html> {
  const since = inline.includes(policyName) ? await revokedBefore(request, name) : undefined
  return section(
    'revoke',
    'Sessions of this role',
    html`${since === undefined ? [] : html`<p class="note" role="status">Sessions from before ${since.replace('T', ' ').replace('Z', ' UTC')} are denied everything.</p>`}
<p>Denies everything to sessions of this role that began before now. Whoever may assume the role can begin a new session.</p>
${form(
  request,
  paths.revokePath,
  html`<input type="hidden" name="name" value="${name}">
<p><label class="check"><input type="checkbox" name="sure" value="yes" required=""> I understand that this revokes all current sessions of ${name}</label></p>
<p><button class="button inline danger">Revoke sessions</button></p>`,
)}`,
  )
}

/** The time that the policy names; undefined when it cannot be read. */
async function revokedBefore({ call }: SessionRequest, name: string): Promise<string | undefined> {
  const held = await call('iam', 'GetRolePolicy', { RoleName: name, PolicyName: policyName })
  const text = 'output' in held ? decodeURIComponent(held.output.PolicyDocument ?? '') : ''
  return /"aws:TokenIssueTime":\s*"([\dTZ:.-]+)"/.exec(text)?.[1]
}
