// What becomes of a response that was posted: `GET /saml/signin`, where its post leads the browser, and the form of the role
// chooser.
import { Unavailable } from '../../store/store.ts'
import type { Exchange, Reply } from '../exchange.ts'
import type { FormFields } from '../pages/form.ts'
import { html } from '../pages/html.ts'
import { isNavigation } from '../pages/navigation.ts'
import { type Page, text } from '../pages/page.ts'
import { showChooser } from './chooser.ts'
import { enter } from './enter.ts'
import { type SignInParts, signInPath } from './parts.ts'
import { notNow, refuse } from './problems.ts'
import { findSignIn, type SigningIn } from './signing-in.ts'

export function signInPages(parts: SignInParts): readonly Page[] {
  return [
    {
      method: 'GET',
      path: signInPath,
      async handle({ exchange, query, now }) {
        if (!isNavigation(exchange)) return text(403, 'A sign-in is a page that a browser opens.')
        const found = await findSignIn(parts, exchange, query.get('handle') ?? '', now)
        return 'status' in found
          ? found
          : inItsBrowser(parts, exchange, found, () => begin(parts, exchange, found, now))
      },
    },
    {
      ...{ method: 'POST', path: signInPath, fields: ['handle', 'roleIndex', 'replace'] },
      guard: parts.forms,
      async handle({ exchange, now }, fields) {
        const found = await findSignIn(parts, exchange, fields.get('handle') ?? '', now)
        return 'status' in found
          ? found
          : inItsBrowser(parts, exchange, found, () => chosen(parts, exchange, found, fields, now))
      },
    },
  ]
}

/**
 * INVARIANT: every answer gives the browser the cookie that the response now belongs to, one that failed too: else nobody could try
 * again.
 */
async function inItsBrowser(
  { browsers }: SignInParts,
  exchange: Exchange,
  { headers }: SigningIn,
  work: () => Promise<Reply>,
): Promise<Reply> {
  const answer = await work().catch((error: unknown) => {
    if (!(error instanceof Unavailable)) throw error
    return notNow(browsers.site, exchange)
  })
  return { ...answer, headers: [...answer.headers, ...headers] }
}

/** One role: straight through. A tool that reads the chooser asks for it when a response names several, so all of these count. */
async function begin(parts: SignInParts, exchange: Exchange, signing: SigningIn, now: Date): Promise<Reply> {
  const { choices, kept } = signing
  if (choices.length === 0) {
    const said = 'Your company’s sign-in gives you no role at this server.'
    const reason = 'saml-role-not-named: the response has no pair of a role and this provider'
    return refuse(parts, exchange, { said, reason }, now)
  }
  const [only] = choices
  const choice = choices.find(({ arn }) => arn === kept.posted.role) ?? (choices.length === 1 ? only : undefined)
  if (choice?.exists !== true || choice.refused !== undefined) return showChooser(parts, signing)
  return enter(parts, exchange, signing, choice, false, now)
}

async function chosen(
  parts: SignInParts,
  exchange: Exchange,
  signing: SigningIn,
  fields: FormFields,
  now: Date,
): Promise<Reply> {
  const role = fields.get('roleIndex')
  const choice = signing.choices.find(({ arn, exists }) => exists && arn === role)
  if (choice === undefined) return showChooser(parts, signing, html`Choose one of these roles.`, 400)
  return enter(parts, exchange, signing, choice, fields.get('replace') === 'yes', now)
}
