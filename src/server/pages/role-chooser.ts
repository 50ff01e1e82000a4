// The fields of a role chooser, whoever offers the roles. The markup is AWS's where tools read it (saml2aws `aws_account.go`, browser
// extensions): `fieldset > div.saml-account`, in it one `div.saml-account-name`, and a `label` for each role with `for` = the
// role's ARN and its name as text. INVARIANT: a change of these is a change of an interface (saml-chooser.test.ts).
import { nameInArn } from '../../core/arn.ts'
import { filterOf } from './filter.ts'
import { type Html, html } from './html.ts'

/** The field that a chosen role's ARN stands in. */
export const roleField = 'roleIndex'

export interface OfferedRole {
  readonly arn: string
  readonly account: string
  /** Why it cannot be chosen; absent: it can. */
  readonly closed?: Html
  /** What choosing it takes. */
  readonly needs?: string
}

export interface RoleChoices {
  /** Stands before the form: what filters the roles, when they are many. */
  readonly filter: Html | readonly []
  /** The form's fields and its button. */
  readonly fields: Html
}

const listId = 'saml-roles'
/** So few are seen at once. */
const fewRoles = 6

/** `last`: the ARN of the last choice. */
export async function roleChoices(
  roles: readonly OfferedRole[],
  last: string | undefined,
  nameOfAccount: (account: string) => Promise<string>,
): Promise<RoleChoices> {
  const accounts = await accountsOf(roles, last, nameOfAccount)
  const open = roles.filter(isOpen)
  const preferred = open.find(({ arn }) => arn === last || open.length === 1)?.arn
  return {
    filter: roles.length < fewRoles ? [] : filterOf(listId, 'Filter'),
    fields: html`<fieldset id="${listId}">
<legend>Roles by account</legend>
${accounts.map((account) => accountOf(account, preferred))}</fieldset>
${open.length === 0 ? noneOpen : continueButton}`,
  }
}

const continueButton = html`<p><button class="button">Continue</button></p>`
const noneOpen = html`<p>You cannot use any of these roles now.
If you need one, tell the people who run this server which, with its request id if there is one.</p>`

const isOpen = ({ closed }: OfferedRole) => closed === undefined

/** Of a role that refused the person. */
export const refusedIn = (requestId: string): Html => html`You may not use it. Request id <code>${requestId}</code>`

interface Account {
  readonly id: string
  readonly name: string
  readonly roles: readonly OfferedRole[]
}

/** By name; the account and the role of the last choice first, roles that are closed last. */
async function accountsOf(
  roles: readonly OfferedRole[],
  last: string | undefined,
  nameOfAccount: (account: string) => Promise<string>,
): Promise<readonly Account[]> {
  const byAccount = Map.groupBy(roles, ({ account }) => account)
  const accounts = await Promise.all(
    [...byAccount].map(async ([id, all]) => ({
      ...{ id, name: await nameOfAccount(id) },
      roles: all.toSorted(
        (a, b) =>
          Number(isOpen(b)) - Number(isOpen(a)) ||
          rank(a.arn, b.arn, last) ||
          compare(nameInArn(a.arn), nameInArn(b.arn)),
      ),
    })),
  )
  const has = ({ roles: all }: Account) => all.find(({ arn }) => arn === last)?.arn ?? ''
  return accounts.toSorted((a, b) => rank(has(a), has(b), last) || compare(a.name, b.name))
}

const rank = (a: string, b: string, last: string | undefined) => Number(b === last) - Number(a === last)
const compare = (a: string, b: string) => (a < b ? -1 : Number(a > b))

/** AWS's words, that tools show as they are. */
function accountOf({ id, name, roles }: Account, preferred: string | undefined): Html {
  const shown = name === id ? id : `${name} (${id})`
  return html`<div class="saml-account" data-row="1">
<div class="saml-account-name">Account: ${shown}</div>
${roles.map((role) => roleOf(role, shown, role.arn === preferred))}</div>
`
}

/** The account's name stands in each row, for the filter. */
function roleOf({ arn, closed, needs }: OfferedRole, account: string, isPreferred: boolean): Html {
  const name = nameInArn(arn)
  const hidden = html`<span hidden="">${account}</span>`
  if (closed !== undefined) {
    return html`<div class="saml-role" data-row="1"><b>${name}</b> <span class="soft">${closed}</span>${hidden}</div>
`
  }
  const radio = isPreferred
    ? html`<input type="radio" name="${roleField}" value="${arn}" class="saml-radio" id="${arn}" required="" checked="">`
    : html`<input type="radio" name="${roleField}" value="${arn}" class="saml-radio" id="${arn}" required="">`
  const label = html`<label for="${arn}" class="saml-role-description">${name}</label>`
  const note = needs === undefined ? [] : html` <span class="soft">${needs}</span>`
  return html`<div class="saml-role" data-row="1">${radio}${label}${note}${hidden}</div>
`
}
