// Another role for a while, and back: AssumeRole as any client would call it, by whoever the session began as, so that AWS's rules
// of role chaining hold (an hour at most, source identity and transitive tags go along).
import { parseArn } from '../../core/arn.ts'
import type { Reply } from '../exchange.ts'
import type { FormFields } from '../pages/form.ts'
import { type Html, html } from '../pages/html.ts'
import type { Page } from '../pages/page.ts'
import { redirects } from '../pages/redirect.ts'
import { holderOf } from './facts.ts'
import { form, page } from './layout.ts'
import * as paths from './paths.ts'
import { refusedNote } from './refused.ts'
import { offeredRoles, recentRoles, rolesOfAccount } from './role-choice.ts'
import { type ConsoleParts, reads, type SessionRequest, takesFormOfAnyRole } from './session-page.ts'

export function switchPages(parts: ConsoleParts): readonly Page[] {
  const { browsers } = parts
  const redirect = redirects(browsers.site, [paths.consolePath])
  return [
    reads(parts, paths.switchPath, (request) =>
      // The names of AWS's own links that switch roles.
      offer(request, { account: request.asked('account'), roleName: request.asked('roleName') }),
    ),
    takesFormOfAnyRole(parts, paths.switchPath, ['account', 'roleName', 'arn'], async (request, fields) => {
      const problem = await change(request, fields)
      if (problem === undefined) return redirect(paths.consolePath)
      const { account = '', roleName = '' } = Object.fromEntries(fields)
      return offer(request, { account, roleName }, problem)
    }),
    takesFormOfAnyRole(parts, paths.switchBackPath, [], async ({ exchange, session, now }) => {
      await browsers.switchBack(exchange, session, now)
      return redirect(paths.consolePath)
    }),
  ]
}

interface Problem {
  readonly status: number
  readonly note: Html
}

const note = (status: number, words: string): Problem => ({
  ...{ status, note: html`<div class="note refused" role="alert"><p>${words}</p></div>` },
})

/** Switches; undefined: it is done. */
async function change(
  { parts, session, exchange, now }: SessionRequest,
  fields: FormFields,
): Promise<Problem | undefined> {
  const base = session.before ?? session.current
  const arn = roleArnOf(fields, base.pass.account)
  if (arn === undefined) return note(400, 'Enter a role’s name or ARN, and an account id of twelve digits or none.')
  const called = await parts.call(exchange, base.credentials, 'sts', 'AssumeRole', {
    ...{ RoleArn: arn, RoleSessionName: base.pass.name },
  })
  if ('refused' in called) {
    return { status: called.refused.status, note: refusedNote(called, 'You may not assume this role') }
  }
  const { AccessKeyId: accessKeyId = '', SessionToken: token = '' } = called.output.Credentials ?? {}
  const switched = await parts.browsers.switchTo(exchange, session, { accessKeyId, token }, now)
  if ('headers' in switched) return undefined
  return note(
    409,
    switched.rejected === 'changed'
      ? 'Your session was changed in another window. Try again.'
      : 'The role’s session ended at once. Try again.',
  )
}

function roleArnOf(fields: FormFields, own: string): string | undefined {
  const name = (fields.get('arn') ?? fields.get('roleName') ?? '').trim()
  if (name.startsWith('arn:')) return parseArn(name)?.resource.startsWith('role/') ? name : undefined
  const account = (fields.get('account') ?? '').trim().replaceAll('-', '') || own
  if (!/^\d{12}$/.test(account) || !/^[\w+=,.@/-]{1,576}$/.test(name)) return undefined
  return `arn:aws:iam::${account}:role/${name.replace(/^\/+/, '')}`
}

async function offer(
  request: SessionRequest,
  given: { readonly account: string; readonly roleName: string },
  problem?: Problem,
): Promise<Reply> {
  const { session } = request
  const base = session.before ?? session.current
  const content = html`<h1>Switch role</h1>
<p class="lead">Continue as another role, with the session name <b>${base.pass.name}</b>, for an hour at most. You can switch back at any time. ${
    session.before === undefined
      ? []
      : html`You have switched already: the next switch begins at ${holderOf(base)} again, not at the role that you have now.`
  }</p>
${problem?.note ?? []}
${form(
  request,
  paths.switchPath,
  html`<div class="pair"><div class="field"><label for="account">Account</label>
<input id="account" name="account" value="${given.account}" placeholder="${base.pass.account}" inputmode="numeric" maxlength="14" autocomplete="off" aria-describedby="account-hint">
<p class="hint" id="account-hint">Twelve digits. Leave empty for your own account.</p></div>
<div class="field"><label for="roleName">Role</label>
<input id="roleName" name="roleName" value="${given.roleName}" required="" maxlength="640" autocomplete="off" autocapitalize="off" spellcheck="false" aria-describedby="role-hint">
<p class="hint" id="role-hint">The role’s name (with its path, if it has one) or its ARN.</p></div></div>
<p><button class="button inline">Switch role</button></p>`,
  'card fields',
)}
${await recentRoles(request)}
${await offeredRoles(request)}
${await rolesOfAccount(request)}`
  return page(request, {
    ...{ title: 'Switch role', here: paths.switchPath, content },
    ...(problem === undefined ? {} : { status: problem.status }),
  })
}
