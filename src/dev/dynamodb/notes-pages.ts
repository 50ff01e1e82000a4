// The notes of a visitor of the demonstration's application: buttons that ask DynamoDB by the visitor's own session. The application decides
// nothing: what is refused, Hallpass refuses.
import type { Reply } from '../../server/exchange.ts'
import { document } from '../../server/pages/document.ts'
import type { FormFields } from '../../server/pages/form.ts'
import type { FormGuard } from '../../server/pages/form-guard.ts'
import { type Html, html } from '../../server/pages/html.ts'
import type { FormPage, PageRequest } from '../../server/pages/page.ts'
import { pathIn, type Site } from '../../server/pages/site.ts'
import { everyone, notesTable } from './notes.ts'
import { dynamodb, type SessionKeys, type Told } from './notes-client.ts'

/** Whose session asks. */
export interface Visitor {
  /** The partition key's value of their notes. */
  readonly writer: string
  /** Somebody whose notes they may not read. */
  readonly other: string
  readonly keys: SessionKeys
}

export interface NotesOptions {
  readonly site: Site
  readonly guard: FormGuard
  /** URL of the APIs. */
  readonly url: () => string
  /** The command that shows why a request was refused. */
  readonly why: (requestId: string) => string
}

interface Ask {
  readonly label: (other: string) => string
  readonly operation: string
  readonly input: (who: Pick<Visitor, 'writer' | 'other'>, now: Date) => object
}

const of = (writer: string) => ({
  TableName: notesTable,
  KeyConditionExpression: 'writer = :writer',
  ExpressionAttributeValues: { ':writer': { S: writer } },
})
const capital = (name: string) => name.charAt(0).toUpperCase() + name.slice(1)

const asks: Readonly<Record<string, Ask>> = {
  write: {
    label: () => 'Write a note',
    operation: 'PutItem',
    input: ({ writer }, now) => ({
      TableName: notesTable,
      Item: { writer: { S: writer }, id: { S: now.toISOString() }, text: { S: 'Written in the app.' } },
    }),
  },
  own: { label: () => 'Read your notes', operation: 'Query', input: ({ writer }) => of(writer) },
  all: { label: () => 'Read everybody’s', operation: 'Query', input: () => of(everyone) },
  other: { label: (other) => `Read ${capital(other)}’s`, operation: 'Query', input: ({ other }) => of(other) },
}

/** The form with the buttons, sent to `path`. `field`: of the guard. */
export const notesForm = (
  site: Site,
  path: string,
  other: string,
  field: Html,
): Html => html`<form method="post" action="${pathIn(site, path)}" class="asks">
${field}
<div class="choices">${Object.entries(asks).map(([name, { label }]) => html`<button class="choice" name="ask" value="${name}">${label(other)}</button> `)}</div>
</form>`

/** The page that the form is sent to. `visitor`: undefined when there is none any more. */
export function notesPage(
  { site, guard, url, why }: NotesOptions,
  path: string,
  back: string,
  visitor: (request: PageRequest) => Promise<Told<Visitor> | undefined>,
): FormPage {
  async function handle(request: PageRequest, fields: FormFields): Promise<Reply> {
    const ask = asks[fields.get('ask') ?? '']
    const found = await visitor(request)
    if (ask === undefined || found === undefined) return ended(site)
    if (!('answer' in found)) return shown('No credentials', refusalOf(found, why), html``)
    const { writer, other, keys } = found.answer
    const input = ask.input({ writer, other }, request.now)
    const told = await dynamodb({ url: url(), now: request.now }, keys, ask.operation, input)
    const content = 'answer' in told ? answerOf(told.answer) : refusalOf(told, why)
    const { field, headers } = guard.issue(request.exchange, path)
    const sent = html`<details><summary>What was sent and answered</summary>
${jsonOf(`Input of ${ask.operation}`, input)}${jsonOf('Its answer', 'answer' in told ? told.answer : told)}</details>`
    return shown(ask.label(other), content, html`${notesForm(site, path, other, field)}${sent}`, headers)
  }

  const shown = (asked: string, content: Html, below: Html, headers: readonly string[] = []) =>
    document(
      site,
      'Notes',
      html`<h1>Notes</h1>
<h2>${asked}</h2>
${content}
${below}
<nav><a href="${pathIn(site, back)}">Back to your commands</a> <a href="${site.home}">Back to the start</a></nav>`,
      { formTargets: ["'self'"], headers },
    )
  return { method: 'POST', path, guard, fields: ['ask'], handle }
}

const jsonOf = (label: string, value: object): Html =>
  html`<pre tabindex="0" aria-label="${label}">${JSON.stringify(value, null, 2)}</pre>`

interface Note {
  readonly writer: { readonly S: string }
  readonly text?: { readonly S?: string }
}

function answerOf(answer: object): Html {
  if (!('Items' in answer)) return html`<p>It was written.</p>`
  const items = answer.Items as readonly Note[]
  if (items.length === 0) return html`<p>There is none yet.</p>`
  return html`<ul class="plain">${items.map(
    ({ writer, text }) => html`<li>${text?.S ?? ''} <span class="soft">${writer.S}</span></li>
`,
  )}</ul>`
}

function refusalOf(told: Exclude<Told, { answer: object }>, why: NotesOptions['why']): Html {
  if ('failed' in told) return html`<p role="alert"><strong>The API gave no answer: ${told.failed}</strong></p>`
  const { refused, message, requestId } = told
  const reason =
    requestId === undefined
      ? html``
      : html`<p>Why, in a shell:</p>
<pre tabindex="0" aria-label="Command that shows why">${why(requestId)}</pre>`
  return html`<div role="alert" class="note refused"><p><strong>${refused}</strong></p><p>${message}</p></div>
${reason}`
}

const ended = (site: Site): Reply =>
  document(
    site,
    'Notes',
    html`<h1>Notes</h1>
<p>This visit is over.</p>
<nav><a href="${site.home}">Back to the start</a></nav>`,
    { status: 400 },
  )
