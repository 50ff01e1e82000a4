// The role chooser. Its markup is AWS's where tools read it (saml2aws `aws_account.go`, browser extensions): `fieldset >
// div.saml-account`, in it one `div.saml-account-name`, and a `label` for each role with `for` = the role's ARN and its name as
// text. INVARIANT: a change of these is a change of an interface (chooser.test.ts).
import { nameInArn } from '../../core/arn.ts'
import { lastRoleOf } from '../../service/console/last-roles.ts'
import { personOf } from '../../service/console/saml-logins.ts'
import type { ConsoleSession } from '../../service/console/session.ts'
import { accountName } from '../../service/principals/account-name.ts'
import type { Reply } from '../exchange.ts'
import { askBeforeReplacing } from '../federation/documents.ts'
import { document } from '../pages/document.ts'
import { filterOf } from '../pages/filter.ts'
import { type Html, html } from '../pages/html.ts'
import { pathIn } from '../pages/site.ts'
import { type SignInParts, signInPath } from './parts.ts'
import { type Choice, fieldOf, type SigningIn } from './signing-in.ts'

const listId = 'saml-roles'
/** So few are seen at once. */
const fewRoles = 6
/** Of a NameID, as it is shown. */
const longestName = 256

export async function showChooser(
  parts: SignInParts,
  signing: SigningIn,
  now: Date,
  alert?: Html,
  status = 200,
): Promise<Reply> {
  const { browsers, store } = parts
  const { choices, first, handle } = signing
  const { site } = browsers
  const { issuer, nameId } = first.assertion
  const person = personOf({ entityId: issuer, nameId: nameId.value })
  const last = await lastRoleOf(store, first.provider.account, person)
  const accounts = await accountsOf(choices, last, (account) => accountName(store, account))
  const open = choices.filter(isOpen)
  const preferred = open.find(({ arn }) => arn === last || open.length === 1)?.arn
  const content = html`<p class="brand">Hallpass</p><h1>Choose a role</h1>
<p>Your company signed you in as <b>${first.sessionName}</b>. Choose what to work as; you can sign in again for another role.</p>
${alert === undefined ? [] : html`<p role="alert">${alert}</p>`}
${choices.length < fewRoles ? [] : filterOf(listId, 'Filter')}
<form method="post" action="${pathIn(site, signInPath)}">
${await fieldOf(parts, signing, now)}<input type="hidden" name="handle" value="${handle}">
<fieldset id="${listId}">
<legend>Roles by account</legend>
${accounts.map((account) => accountOf(account, preferred))}</fieldset>
${open.length === 0 ? noneOpen : signInButton}
</form>`
  return document(site, 'Choose a role · Hallpass', content, {
    status,
    formTargets: ["'self'"],
    runsScript: true,
  })
}

const signInButton = html`<p><button class="button">Sign in</button></p>`
const noneOpen = html`<p>You cannot use any of these roles now.
If you need one, tell the people who run this server which, with its request id if there is one.</p>`

const isOpen = ({ exists, refused }: Choice) => exists && refused === undefined

interface Account {
  readonly id: string
  readonly name: string
  readonly choices: readonly Choice[]
}

/** By name; the account and the role of the last choice first, roles that are closed last. */
async function accountsOf(
  choices: readonly Choice[],
  last: string | undefined,
  nameOfAccount: (account: string) => Promise<string>,
): Promise<readonly Account[]> {
  const byAccount = Map.groupBy(choices, ({ proof }) => proof.provider.account)
  const accounts = await Promise.all(
    [...byAccount].map(async ([id, all]) => ({
      ...{ id, name: await nameOfAccount(id) },
      choices: all.toSorted(
        (a, b) =>
          Number(isOpen(b)) - Number(isOpen(a)) ||
          rank(a.arn, b.arn, last) ||
          compare(nameInArn(a.arn), nameInArn(b.arn)),
      ),
    })),
  )
  const has = ({ choices: all }: Account) => all.find(({ arn }) => arn === last)?.arn ?? ''
  return accounts.toSorted((a, b) => rank(has(a), has(b), last) || compare(a.name, b.name))
}

const rank = (a: string, b: string, last: string | undefined) => Number(b === last) - Number(a === last)
const compare = (a: string, b: string) => (a < b ? -1 : Number(a > b))

/** AWS's words, that tools show as they are. */
function accountOf({ id, name, choices }: Account, preferred: string | undefined): Html {
  const shown = name === id ? id : `${name} (${id})`
  return html`<div class="saml-account" data-row="1">
<div class="saml-account-name">Account: ${shown}</div>
${choices.map((choice) => roleOf(choice, shown, choice.arn === preferred))}</div>
`
}

/** The account's name stands in each row, for the filter. */
function roleOf(choice: Choice, account: string, isPreferred: boolean): Html {
  const { arn, exists, refused } = choice
  const name = nameInArn(arn)
  const hidden = html`<span hidden="">${account}</span>`
  if (!isOpen(choice)) {
    const why = exists
      ? html`You may not use it. Request id <code>${refused ?? ''}</code>`
      : html`This role does not exist in the account.`
    return html`<div class="saml-role" data-row="1"><b>${name}</b> <span class="soft">${why}</span>${hidden}</div>
`
  }
  const radio = isPreferred
    ? html`<input type="radio" name="roleIndex" value="${arn}" class="saml-radio" id="${arn}" required="" checked="">`
    : html`<input type="radio" name="roleIndex" value="${arn}" class="saml-radio" id="${arn}" required="">`
  const label = html`<label for="${arn}" class="saml-role-description">${name}</label>`
  return html`<div class="saml-role" data-row="1">${radio}${label}${hidden}</div>
`
}

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
