// The role chooser of a SAML response, and the question before somebody else's session is replaced.
import { lastRoleOf } from '../../service/console/last-roles.ts'
import { personOf } from '../../service/console/saml-logins.ts'
import type { ConsoleSession } from '../../service/console/session.ts'
import { accountName } from '../../service/principals/account-name.ts'
import type { Reply } from '../exchange.ts'
import { askBeforeReplacing } from '../federation/documents.ts'
import { document } from '../pages/document.ts'
import { type Html, html } from '../pages/html.ts'
import { type OfferedRole, refusedIn, roleChoices } from '../pages/role-chooser.ts'
import { pathIn } from '../pages/site.ts'
import { type SignInParts, signInPath } from './parts.ts'
import { type Choice, fieldOf, type SigningIn } from './signing-in.ts'

/** Of a NameID, as it is shown. */
const longestName = 256

export async function showChooser(parts: SignInParts, signing: SigningIn, alert?: Html, status = 200): Promise<Reply> {
  const { browsers, store } = parts
  const { choices, first, handle } = signing
  const { site } = browsers
  const { issuer, nameId } = first.assertion
  const person = personOf({ entityId: issuer, nameId: nameId.value })
  const last = await lastRoleOf(store, first.provider.account, person)
  const roles = await roleChoices(choices.map(offered), last, (account) => accountName(store, account))
  const content = html`<p class="brand">Hallpass</p><h1>Choose a role</h1>
<p>Your company signed you in as <b>${first.sessionName}</b>. Choose what to work as; you can sign in again for another role.</p>
${alert === undefined ? [] : html`<p role="alert">${alert}</p>`}
${roles.filter}
<form method="post" action="${pathIn(site, signInPath)}">
${await fieldOf(parts, signing)}<input type="hidden" name="handle" value="${handle}">
${roles.fields}
</form>`
  return document(site, 'Choose a role · Hallpass', content, {
    status,
    formTargets: ["'self'"],
    runsScript: true,
  })
}

const nowhere = html`This role does not exist in the account.`

const offered = ({ arn, proof, exists, refused }: Choice): OfferedRole => ({
  ...{ arn, account: proof.provider.account },
  ...(exists ? (refused === undefined ? {} : { closed: refusedIn(refused) }) : { closed: nowhere }),
})

/** A NameID is any text: what is in it turns round nothing that stands beside it. */
export function askToReplace(
  { browsers }: SignInParts,
  { handle }: SigningIn,
  { arn, proof }: Choice,
  session: ConsoleSession,
  field: Html,
): Reply {
  const { nameId } = proof.assertion
  const who = html`<bdi>${nameId.value.slice(0, longestName)}</bdi>, as ${proof.sessionName} in ${arn}`
  const hidden = [
    ['handle', handle],
    ['roleIndex', arn],
    ['replace', 'yes'],
  ] as const
  const action = pathIn(browsers.site, signInPath)
  return askBeforeReplacing(browsers.site, session, { term: 'You would be', who }, { action, field, hidden })
}
