// Console sessions put together: begun, found at each request, switched, shown and ended.
import { removePast } from '../../store/batches.ts'
import { begin } from './begin.ts'
import { find } from './find.ts'
import { consoleSessions } from './records.ts'
import { endOfPerson, samlLogin } from './saml-logins.ts'
import { type ConsoleSessions, openedOf } from './session.ts'
import { type ConsoleSessionsOptions, sessionRecords } from './session-record.ts'
import { noteShown, switchBack, switchTo } from './switch.ts'

export function createConsoleSessions(options: ConsoleSessionsOptions): ConsoleSessions {
  const records = sessionRecords(options)
  return {
    begin: (request, visit) => begin(options, records, request, visit),
    find: (cookie, now) => find(options, records, cookie, now),
    switchTo: (session, to, visit) => switchTo(records, session, to, visit),
    switchBack: (session, visit) => switchBack(records, session, visit),
    noteShown: (session, form, visit) => noteShown(records, session, form, visit),
    end: (session, visit) => records.finish(session, openedOf(session), session.earlier, visit),
    samlLogin: (session) => samlLogin(options, session),
    endOfPerson: (request, visit) => endOfPerson(options, records, request, visit),
    sweep: (now) => removePast(options.store, consoleSessions, now),
  }
}
