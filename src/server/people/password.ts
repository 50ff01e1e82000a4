// The form of a directory: a login and a password. INVARIANT: the password is a Secret from the form to the directory; it is in no
// answer, no record, no reason and no report.
import { Secret } from '../../core/secret.ts'
import type { DirectoryConnector } from '../../service/contracts/people-table.ts'
import { connectorOfKind } from '../../service/people/table/named.ts'
import type { Exchange, Reply } from '../exchange.ts'
import type { FormFields } from '../pages/form.ts'
import type { Page } from '../pages/page.ts'
import { withEvenFailures } from './even-failures.ts'
import { nextField } from './next.ts'
import { connectorPath, type PeopleParts } from './parts.ts'
import { showSignIn } from './sign-in-page.ts'
import { signedIn } from './signed-in.ts'
import { failureWords, notNow, problem } from './words.ts'

export function passwordPages(parts: PeopleParts): readonly Page[] {
  return [
    {
      ...{ method: 'POST', path: connectorPath(':connector'), guard: parts.browser.guard },
      fields: ['login', 'password', nextField],
      async handle({ exchange, params, now }, fields) {
        const connector = connectorOfKind(await parts.people.table(), params.connector, 'directory')
        return connector && logIn(parts, exchange, connector, fields, now)
      },
    },
  ]
}

async function logIn(
  parts: PeopleParts,
  exchange: Exchange,
  connector: DirectoryConnector,
  fields: FormFields,
  now: Date,
): Promise<Reply> {
  const { people, browser, refused } = parts
  const { name } = connector
  const login = fields.get('login') ?? ''
  const password = new Secret(fields.get('password') ?? '')
  const outcome = await withEvenFailures(
    parts,
    () => people.connectors.logIn(name, login, password, exchange.from.address, now),
    (answer) => 'rejected' in answer,
  )
  const next = fields.get(nextField)
  if ('person' in outcome) return signedIn(parts, exchange, outcome, now, next)
  if ('unavailable' in outcome) {
    refused(exchange, `connector ${name}: unavailable: ${outcome.unavailable}`, now)
    return problem(browser.site, exchange, notNow, 503)
  }
  refused(exchange, `connector ${name}: ${outcome.rejected}: ${outcome.detail}`, now)
  const failure = { login, words: failureWords(outcome.rejected), status: 403, requestId: exchange.requestId }
  return showSignIn(parts, exchange, [connector], next, now, failure)
}
