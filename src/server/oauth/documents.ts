// What people see of `hallpass login` in the browser. Who asks is shown, and not believed: a public client proves nothing.

import { challengeMethod } from '../../core/pkce.ts'
import type { FoundDevice } from '../../service/people/oauth/device-grants.ts'
import { commandLineClient } from '../../wire/sign-in-oauth.ts'
import type { Exchange, Reply } from '../exchange.ts'
import { type Html, html } from '../pages/html.ts'
import { notice, requestIdNote } from '../pages/notice.ts'
import type { Site } from '../pages/site.ts'
import type { AuthorizeRequest } from './authorize-request.ts'
import type { SignedInForm } from './parts.ts'

export const problem = (site: Site, { requestId }: Exchange, words: string, status = 400): Reply =>
  notice(
    site,
    status < 400 ? 'Nothing was allowed' : 'This did not work',
    html`<p role="alert">${words}</p>
${status < 400 ? [] : requestIdNote(requestId)}`,
    { status },
  )

const hidden = (fields: Readonly<Record<string, string>>): readonly Html[] =>
  Object.entries(fields).map(([name, value]) => html`<input type="hidden" name="${name}" value="${value}">`)

const buttons = html`<p><button class="button" name="answer" value="allow">Allow</button>
<button class="quiet" name="answer" value="deny">Do not allow</button></p>`

const client = html`<dt>Program</dt><dd>${commandLineClient.title} <span class="soft">(by its own word)</span></dd>`

/** Where a code goes, for the person and for the browser's own rule. */
const goesTo = ({ returnTo }: AuthorizeRequest): { readonly words: string; readonly origins: readonly string[] } => {
  if (returnTo.kind === 'page') return { words: 'Onto the next page, for you to paste', origins: [] }
  const words = `A program on this computer, port ${returnTo.port}`
  return { words, origins: returnTo.host === '[::1]' ? [] : [`http://${returnTo.host}:${returnTo.port}`] }
}

export function askToAllow(
  site: Site,
  { from }: Exchange,
  { signIn, action, field }: SignedInForm,
  request: AuthorizeRequest,
): Reply {
  const { words, origins } = goesTo(request)
  return notice(
    site,
    'Sign in the command line?',
    html`<p>A program asks for a sign-in as you. With it, it gets every credential that you may have.</p>
<dl>${client}
<dt>You are</dt><dd>${signIn.login} <span class="soft">${signIn.connector}</span></dd>
<dt>Your address</dt><dd>${from.address === '' ? 'this machine' : from.address}</dd>
<dt>The code goes to</dt><dd>${words}</dd></dl>
<p><b>Did you just run <code>hallpass login</code> yourself?</b> If a message or a page led you here, do not allow it: somebody else started it.</p>
<form method="post" action="${action}">
${field}${hidden({
  ...{ response_type: 'code', client_id: commandLineClient.id, redirect_uri: request.redirectUri },
  ...{ state: request.state, code_challenge: request.challenge, code_challenge_method: challengeMethod },
})}
${buttons}
</form>`,
    { formTargets: ["'self'", ...origins] },
  )
}

export const pastedCodePage = (site: Site, code: string): Reply =>
  notice(
    site,
    'Paste this code',
    html`<p>Into the terminal in which you ran <code>hallpass login</code>, within a minute:</p>
<pre>${code}</pre>
<p><b>Give it to nobody.</b> Whoever asks you for it wants to be you.</p>`,
  )

export const loopbackLinkPage = (site: Site, address: string): Reply =>
  notice(site, 'Back to the command line', html`<p><a class="button" href="${address}">Continue</a></p>`, {
    headers: ['Refresh', `0; url=${address}`],
  })

// ---- devices -------------------------------------------------------------------------------------------------------

export function askForCode(site: Site, { signIn, action, field }: SignedInForm, wrong?: string): Reply {
  return notice(
    site,
    'Sign in a device',
    html`<p>Type the code that the device shows. You are signed in as ${signIn.login}.</p>
${wrong === undefined ? [] : html`<p role="alert">${wrong}</p>`}
<form method="post" action="${action}">
${field}
<p class="field"><label for="code">Code</label><input id="code" name="code" autocomplete="off" autocapitalize="characters" spellcheck="false" maxlength="20" required autofocus></p>
<p><button class="button">Continue</button></p>
</form>`,
    { status: wrong === undefined ? 200 : 400, formTargets: ["'self'"] },
  )
}

export function askToAllowDevice(
  site: Site,
  { from }: Exchange,
  { signIn, action, field }: SignedInForm,
  { id, address, at }: FoundDevice,
  now: Date,
): Reply {
  const seconds = Math.max(0, Math.round((now.getTime() - at.getTime()) / 1000))
  const age = seconds < 120 ? `${seconds} second${seconds === 1 ? '' : 's'}` : `${Math.floor(seconds / 60)} minutes`
  return notice(
    site,
    'Sign in this device?',
    html`<p>A device asks for a sign-in as you. With it, it gets every credential that you may have.</p>
<dl>${client}
<dt>It asks from</dt><dd>${address}</dd>
<dt>It asked</dt><dd>${age} ago</dd>
<dt>You are</dt><dd>${signIn.login} <span class="soft">${signIn.connector}</span>, at ${from.address}</dd></dl>
<p role="alert"><b>If you did not start this, somebody else did.</b> Allow it only if you ran <code>hallpass login --device</code> on that device yourself, and read the code there. Nobody who helps you needs such a code from you.</p>
<form method="post" action="${action}">
${field}${hidden({ request: id })}
${buttons}
</form>`,
    { formTargets: ["'self'"] },
  )
}

export const deviceDecided = (site: Site, isAllowed: boolean): Reply =>
  notice(site, isAllowed ? 'The device is signed in' : 'The device was refused', html`<p>You can close this page.</p>`)
