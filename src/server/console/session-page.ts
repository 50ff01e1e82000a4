// How a page of the console is one for whoever has a session: without it nothing is read or changed.
import type { Maybe } from '../../core/maybe.ts'
import type { ConsoleSession } from '../../service/console/session.ts'
import type { Input, OperationName, Output, Sdk } from '../../wire/operations.ts'
import type { ServiceName } from '../../wire/services.ts'
import type { BrowserSessions } from '../console-session.ts'
import type { Reply } from '../exchange.ts'
import type { Called, CallOperation, TryOperation } from '../operation-caller.ts'
import type { FormFields } from '../pages/form.ts'
import type { FormPage, PageRequest, ReadPage } from '../pages/page.ts'
import type { OfferLogout } from '../signin/logout.ts'
import { endedPage, signedOutPage } from './ended.ts'

export interface ConsoleParts {
  readonly browsers: BrowserSessions
  readonly call: CallOperation
  readonly tries: TryOperation
  readonly accountName: (id: string) => Promise<string>
  /** What a person is shown as they sign out who signed in at a provider that has a sign-out too. */
  readonly offerLogout: OfferLogout
  /** Where clients reach the APIs; undefined: nobody said. */
  readonly apiUrl: string | undefined
  /** Path of a page where people can sign in; undefined: they begin at their company's. */
  readonly start: string | undefined
}

/** Calls an operation as the session in front of the page. */
export type SessionCall = <S extends ServiceName, K extends OperationName<Sdk[S]>>(
  service: S,
  operation: K,
  input: Input<Sdk[S], K>,
) => Promise<Called<Output<Sdk[S], K>>>

/** A request of somebody who has a session. */
export interface SessionRequest extends PageRequest {
  readonly parts: ConsoleParts
  readonly session: ConsoleSession
  readonly call: SessionCall
  /** A parameter of the query; '' when it is not there, or there twice. */
  readonly asked: (name: string) => string
}

export const reads = (
  parts: ConsoleParts,
  path: string,
  handle: (request: SessionRequest) => Maybe<Reply>,
): ReadPage => ({
  method: 'GET',
  path,
  handle: (request) => withSession(parts, request, handle),
})

/** The hidden field of every form: the credentials that its page was made with. */
export const roleField = 'as'

/**
 * A form of the session, whichever role it is in by now: sign-out, and switches, which begin with who the session was at first. All
 * others are `takesForm`'s (role-form.ts).
 */
export const takesFormOfAnyRole = (
  parts: ConsoleParts,
  path: string,
  fields: readonly string[],
  handle: (request: SessionRequest, fields: FormFields) => Maybe<Reply>,
): FormPage => ({
  method: 'POST',
  path,
  fields: [...fields, roleField],
  guard: {
    ...parts.browsers.guard,
    // A form of a session that is over: people read why, as on every page.
    async refusal(exchange, now) {
      const found = await parts.browsers.of(exchange, now)
      return found !== undefined && 'ended' in found ? endedPage(parts.browsers, exchange, found) : undefined
    },
  },
  handle: (request, sent) => withSession(parts, request, (mine) => handle(mine, sent)),
})

async function withSession(
  parts: ConsoleParts,
  request: PageRequest,
  handle: (request: SessionRequest) => Maybe<Reply>,
): Promise<Reply> {
  const { browsers, call } = parts
  const { exchange, now, query } = request
  const found = await browsers.of(exchange, now)
  if (found === undefined) return signedOutPage(browsers, exchange, parts.start)
  if ('ended' in found) return endedPage(browsers, exchange, found)
  const { session } = found
  const { credentials } = session.current
  return handle({
    ...{ ...request, parts, session },
    call: (service, operation, input) => call(exchange, credentials, service, operation, input),
    asked(name) {
      const [only = '', ...others] = query.getAll(name)
      return others.length === 0 ? only : ''
    },
  })
}
