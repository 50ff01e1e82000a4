// A page, as a row of the page table: its method and path, and, where it changes something, the form that it takes. Nobody can
// write such a page without its checks (OWASP ASVS 3.5): they are made before the page is asked.
import type { Maybe } from '../../core/maybe.ts'
import type { Exchange, Reply } from '../exchange.ts'
import type { FormFields } from './form.ts'
import type { FormCheck } from './form-guard.ts'
import type { PathParams } from './path-pattern.ts'

/** A request for a page. */
export interface PageRequest {
  readonly exchange: Exchange
  /** Its path as it was sent, without the query. */
  readonly path: string
  readonly params: PathParams
  readonly query: URLSearchParams
  readonly now: Date
}

/** Undefined: there is no such page. Headers that the reply has itself stand; the router adds those it lacks. */
type Answer = Maybe<Reply | undefined>

/** A page that is read: it changes nothing but what the browser itself holds. HEAD is answered too. */
export interface ReadPage {
  readonly method: 'GET'
  /** Below the public URL: `/issuers/:id/keys`; a final `*` takes the rest, slashes and all. */
  readonly path: string
  readonly handle: (request: PageRequest) => Answer
}

/** A page that takes a form. */
export interface FormPage {
  readonly method: 'POST'
  readonly path: string
  readonly guard: FormCheck
  /** Names of the fields that the form may have; others are refused. */
  readonly fields: readonly string[]
  readonly handle: (request: PageRequest, fields: FormFields) => Answer
}

/**
 * A form that another site's page sends by design (SAML bindings 3.5). INVARIANT: it has no cookie, whatever the browser sent, and
 * gives none: what it brings belongs to no browser yet.
 */
export interface ForeignFormPage {
  readonly method: 'POST'
  readonly path: string
  readonly isForeign: true
  /** Names of the fields that are read; others are passed over. */
  readonly fields: readonly string[]
  /** In bytes. */
  readonly longestForm: number
  readonly handle: (request: PageRequest, fields: FormFields) => Answer
}

/**
 * What programs send, answered in their own form, refusals too. INVARIANT: it has no cookie, whatever was sent, and gives none; and
 * no page in a browser reaches it, its own site's neither.
 */
export interface ProgramPage {
  readonly method: 'POST'
  readonly path: string
  readonly isForPrograms: true
  /** In bytes. */
  readonly longestBody: number
  /** How it says what was refused before it was asked. */
  readonly refusal: Refusal
  readonly answer: (request: PageRequest, body: Buffer) => Answer
}

/** An answer that refuses, in a page's own form. */
export type Refusal = (status: number, words: string, requestId: string, more?: readonly string[]) => Reply

/** A protocol's endpoints, which take every method and make their own checks. */
export interface ProtocolPage {
  readonly method: '*'
  readonly path: string
  readonly handle: (request: PageRequest) => Answer
}

export type Page = ReadPage | FormPage | ForeignFormPage | ProgramPage | ProtocolPage

/** A short answer in words. */
export function text(status: number, words: string, more: readonly string[] = []): Reply {
  return { status, headers: ['Content-Type', 'text/plain; charset=utf-8', ...more], body: `${words}\n` }
}

/** A document for programs. */
export function json(body: object, more: readonly string[] = [], status = 200): Reply {
  return { status, headers: ['Content-Type', 'application/json', ...more], body: JSON.stringify(body) }
}
